/* One recruiter's work under faults: decisions and notes here, changes on the server, and what must
 * hold afterwards. */
#pragma once

#include "../sync/client.h"
#include "../sync/proxy.h"

typedef struct Work Work;

/* A client whose waits are short, so that a stall costs the test little. `matches`: how many
 * applicants there are to decide about. */
Work *work_new(const char *profile, const char *dsn, bool is_weak, int matches);
void work_free(Work *work);
TestClient *work_client(Work *work);

/* `n` decisions and a note wait in the outbox; the server has changes of others. */
void work_change(Work *work, int n);
/* One run, whatever comes of it: within 15 s (longer where the machine's load is many times its
 * processors), an error that says offline, and what was decided is shown as decided at every
 * moment. Returns whether it went through. */
bool work_run(Work *work);
/* A server that hears half of a proof and then the end says that the password is wrong: allowed for
 * runs from now on, or not. */
void work_allow_refusal(Work *work, bool may_be_refused);
/* Runs until one goes through; then the cache equals the server, and the server has each op of the
 * work exactly once. */
void work_settle(Work *work);
/* The longest run so far, in µs. */
gint64 work_longest_us(const Work *work);

/* A seed from HIRETTY_FAULT_SEED or from the clock; printed. */
GRand *work_rand(void);
/* HIRETTY_FAULT_CASES, or `usual` (a quarter of it under sanitizers). */
int work_cases(int usual);
char *work_dsn(int port, bool is_encrypted);

/* A test program's main: a server whose login has a password, with TLS and without, a proxy before
 * it, and the tests that `add_tests` registers. Returns the status. */
int work_main(int argc, char **argv, void (*add_tests)(void));
/* The proxy; from add_tests on. */
Proxy *work_proxy(void);
