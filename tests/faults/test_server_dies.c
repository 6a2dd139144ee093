/* ctest: timeout=300
 * The server ends a session (pg_terminate_backend), loses a process (SIGKILL: all sessions end and
 * it recovers) or goes down at once, in the middle of a COPY, of a pull and of a push, and its
 * answer to a committed push is lost. The next run ends in the server's state, each op there once.
 */
#include "work.h"

#include <signal.h>
#include <string.h>

#define DECISIONS 40

static Proxy *proxy;

typedef enum { TERMINATE, KILL, SHUT_DOWN, N_ENDINGS } Ending;
static const char *const names[] = {"terminated", "killed", "shut down"};

typedef struct {
    Ending ending;
    guint delay_us; /* after the place was reached */
    bool is_done;
    int postmaster;
} Blow;

static void signal_all(const char *pids, int number)
{
    g_auto(GStrv) words = g_strsplit(pids ? pids : "", ",", -1);
    for (guint i = 0; words[i] && *words[i]; i++)
        kill((pid_t)g_ascii_strtoll(words[i], NULL, 10), number);
}

#define SESSIONS " FROM pg_stat_activity WHERE usename = 'ht_a_rec1' AND pid <> pg_backend_pid()"

/* In a thread of the proxy, while the main thread waits for the run that is hit. */
static void strike(gpointer data)
{
    Blow *blow = data;
    if (blow->is_done)
        return;
    blow->is_done = true;
    g_usleep(blow->delay_us);
    if (blow->ending == TERMINATE) {
        test_sql("SELECT pg_terminate_backend(pid)" SESSIONS);
    } else if (blow->ending == KILL) {
        g_autofree char *pids =
            test_value("SUPERUSER", "SELECT string_agg(pid::text, ',')" SESSIONS);
        signal_all(pids, SIGKILL);
    } else {
        kill(blow->postmaster, SIGQUIT);
    }
}

static int postmaster_pid(void)
{
    g_autofree char *text =
        test_value("SUPERUSER", "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)");
    return atoi(text);
}

/* Until the server takes connections again. */
static void await_server(Ending ending, int postmaster)
{
    if (ending == SHUT_DOWN) {
        for (int i = 0; i < 600 && kill(postmaster, 0) == 0; i++)
            g_usleep(50000);
        test_server_resume();
    }
    for (int i = 0;; i++) {
        HtPgOptions options = {.dsn = test_server_get("HIRETTY_DSN_SUPERUSER")};
        g_autoptr(HtPgConnection) pg = ht_pg_connect(&options, NULL, NULL);
        if (pg)
            return;
        g_assert_cmpint(i, <, 600);
        g_usleep(50000);
    }
}

/* One run that is struck after `after` bytes of a side; false if it went through before. */
static bool run_struck(Work *work, Ending ending, ProxySide side, gint64 after, guint delay_us)
{
    Blow blow = {.ending = ending, .delay_us = delay_us, .postmaster = postmaster_pid()};
    proxy_set_hook(proxy, strike, &blow);
    proxy_set_side(proxy, PROXY_HOLD, side, after);
    bool ok = work_run(work);
    proxy_set(proxy, PROXY_PASS, 0);
    proxy_set_hook(proxy, NULL, NULL);
    await_server(ending, blow.postmaster);
    g_assert_true(blow.is_done);
    return !ok;
}

static void test_loads(void)
{
    for (Ending ending = 0; ending < N_ENDINGS; ending++) {
        g_autofree char *profile = g_strdup_printf("load-%d", ending);
        g_autofree char *dsn = work_dsn(proxy_port(proxy), true);
        Work *work = work_new(profile, dsn, false, 100);
        g_test_message("%s in a load", names[ending]);
        /* Behind the greeting, in the midst of the rows. */
        g_assert_true(run_struck(work, ending, PROXY_FROM_SERVER, 60000, 0));
        work_settle(work);
        work_free(work);
    }
}

static void test_pulls_and_pushes(void)
{
    g_autofree char *dsn = work_dsn(proxy_port(proxy), true);
    int rounds = work_cases(2), struck = 0, runs = 0;
    Work *work = work_new("work", dsn, false, (N_ENDINGS * rounds * 2 + 1) * DECISIONS);
    proxy_set(proxy, PROXY_PASS, 0);
    work_settle(work);
    work_change(work, DECISIONS);
    g_assert_true(work_run(work));
    gint64 from_server = proxy_bytes_of(proxy, PROXY_FROM_SERVER);
    gint64 from_client = proxy_bytes_of(proxy, PROXY_FROM_CLIENT);
    g_autoptr(GRand) rand = work_rand();
    for (Ending ending = 0; ending < N_ENDINGS; ending++) {
        for (int i = 0; i < rounds * 2; i++, runs++) {
            bool is_push = i % 2;
            work_change(work, DECISIONS);
            /* The batch is most of what is sent: its last bytes, and what the server does then. */
            gint64 after = is_push ? from_client - g_rand_int_range(rand, 0, 6000)
                                   : g_rand_int_range(rand, 3000, (int)from_server);
            guint delay_us = is_push ? (guint)g_rand_int_range(rand, 0, 30000) : 0;
            g_test_message("%s after %" G_GINT64_FORMAT " bytes from %s and %u us", names[ending],
                           after, is_push ? "here" : "there", delay_us);
            struck += run_struck(work, ending, is_push ? PROXY_FROM_CLIENT : PROXY_FROM_SERVER,
                                 after, delay_us);
            work_settle(work);
        }
    }
    g_print("# %d of %d runs were struck down\n", struck, runs);
    g_assert_cmpint(struck, >, 0);
    work_free(work);
}

/* The push is committed; its answer never arrives. */
static void test_lost_answers(void)
{
    g_autofree char *dsn = work_dsn(proxy_port(proxy), true);
    int rounds = work_cases(4);
    Work *work = work_new("answers", dsn, false, (rounds + 1) * DECISIONS);
    proxy_set(proxy, PROXY_PASS, 0);
    work_settle(work);
    work_change(work, DECISIONS);
    g_assert_true(work_run(work));
    gint64 whole = proxy_bytes_of(proxy, PROXY_FROM_CLIENT);
    int committed = 0;
    for (int i = 0; i < rounds; i++) {
        work_change(work, DECISIONS);
        g_autofree char *before =
            test_value("SUPERUSER", "SELECT count(*)::text FROM public.hiring_decisions");
        proxy_set_side(proxy, PROXY_SWALLOW, PROXY_FROM_CLIENT, whole / 2);
        g_assert_false(work_run(work));
        g_autofree char *now =
            test_value("SUPERUSER", "SELECT count(*)::text FROM public.hiring_decisions");
        committed += atoi(now) == atoi(before) + DECISIONS;
        HtOutboxCounts counts = {0};
        ht_outbox_counts(work_client(work)->outbox, &counts);
        g_assert_cmpint(counts.sending, >=, DECISIONS);
        proxy_set(proxy, PROXY_PASS, 0);
        work_settle(work);
    }
    g_print("# %d of %d batches were committed without an answer\n", committed, rounds);
    g_assert_cmpint(committed, ==, rounds);
    work_free(work);
}

static void add_tests(void)
{
    proxy = work_proxy();
    g_test_add_func("/faults/server_dies/loads", test_loads);
    g_test_add_func("/faults/server_dies/pulls_and_pushes", test_pulls_and_pushes);
    g_test_add_func("/faults/server_dies/lost_answers", test_lost_answers);
}

int main(int argc, char **argv)
{
    return work_main(argc, argv, add_tests);
}
