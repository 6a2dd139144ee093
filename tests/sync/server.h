/* A private PostgreSQL server for the tests of this folder; ends with the test. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "hiretty/pg/query.h"

/* Starts a bare server (pg.sh), or with `is_full` one with the schema and two tenants (dev db).
 * false: not possible here; the test is skipped. */
bool test_server_start(bool is_full);
void test_server_stop(void);
void test_server_halt(void); /* the data stays */
void test_server_resume(void);
/* A variable of the server's env file; NULL if it has none. */
const char *test_server_get(const char *name);
/* A connection of a login: "SUPERUSER", "RECRUITER" … */
HtPgConnection *test_connect(const char *login);
/* Runs SQL as the superuser; ends the test on an error. Main thread, as test_value. */
void test_sql(const char *sql);
/* One text value of a query as the superuser, of a login. Caller frees. */
char *test_value(const char *login, const char *sql);
