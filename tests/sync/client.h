/* A machine with Hiretty on it: cache, outbox and sync of one profile against the test's server. */
#pragma once

#include "hiretty/cache/apply.h"
#include "hiretty/outbox/outbox.h"
#include "hiretty/sync/sync.h"
#include "server.h"

typedef struct {
    HtPaths *paths;
    HtCache *cache;
    HtOutbox *outbox;
    HtSync *sync;
} TestClient;

/* Folders for all clients of this test; the profile is a client's name. */
void test_clients_init(void);
void test_clients_clear(void);
/* `login`: "RECRUITER" …; `dsn` overrides it. */
TestClient *test_client_open(const char *profile, const char *login, const char *dsn);
void test_client_close(TestClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestClient, test_client_close)

/* One run that must succeed. */
HtSyncReport test_client_sync(TestClient *client, HtSyncOnceFlags flags);
/* One run that must fail with `code`. */
void test_client_sync_fails(TestClient *client, HtSyncError code);
/* The digests of all tables are the same on both sides. */
void test_client_assert_equal(TestClient *client);
/* Rows of a cache table. */
int64_t test_client_count(TestClient *client, const char *table);
/* A value of a query on the cache, as text; caller frees. */
char *test_client_value(TestClient *client, const char *sql);

/* SQL as the platform's backend in tenant A. */
void test_platform(const char *format, ...) G_GNUC_PRINTF(1, 2);
char *test_new_id(void);
/* A job with `n` applicants who have a résumé each. Returns the job's id. */
char *test_job(int n, bool is_confidential);
/* The id of the nth match of a job. */
char *test_match(const char *job, int nth);
