/* ctest: timeout=300
 * A line that is cut, reset, closed on one side, stalled, slowed to a trickle or loses an answer,
 * at random places of a session of pulls and pushes, in each direction, with TLS and without. After
 * each: the failure shows in time, what was decided stays shown, and the next run ends in the
 * server's state with each op there once.
 *
 * HIRETTY_FAULT_SEED=N repeats a run; HIRETTY_FAULT_CASES=400 runs all of it. */
#include "work.h"

#define DECISIONS 2

static Proxy *proxy;

static const struct {
    ProxyFault fault;
    const char *name;
} faults[] = {
    {PROXY_CUT, "cut"},     {PROXY_RESET, "reset"},     {PROXY_HALF_CLOSE, "half-close"},
    {PROXY_STALL, "stall"}, {PROXY_TRICKLE, "trickle"}, {PROXY_SWALLOW, "swallow"},
};

/* The bytes of a whole session in both directions. */
static void measure(Work *work, gint64 whole[2])
{
    proxy_set(proxy, PROXY_PASS, 0);
    work_change(work, DECISIONS);
    g_assert_true(work_run(work));
    for (int side = 0; side < 2; side++)
        whole[side] = proxy_bytes_of(proxy, (ProxySide)side);
    g_assert_cmpint(whole[PROXY_FROM_SERVER], >, 5000);
    g_assert_cmpint(whole[PROXY_FROM_CLIENT], >, 3000);
    work_settle(work);
}

static void run_cases(const char *profile, bool is_encrypted, int n)
{
    g_autofree char *dsn = work_dsn(proxy_port(proxy), is_encrypted);
    g_autoptr(GRand) rand = work_rand();
    proxy_set(proxy, PROXY_PASS, 0);
    Work *work = work_new(profile, dsn, !is_encrypted, (n + 2) * DECISIONS);
    work_settle(work);
    gint64 whole[2];
    measure(work, whole);
    int reached = 0, failed = 0;
    for (int i = 0; i < n; i++) {
        ProxySide side = i % 2 ? PROXY_FROM_CLIENT : PROXY_FROM_SERVER;
        guint kind = (guint)(i / 2) % G_N_ELEMENTS(faults);
        gint64 after = g_rand_int_range(rand, 0, (int)whole[side]);
        g_test_message("case %d: %s after %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                       " bytes from %s",
                       i, faults[kind].name, after, whole[side], side ? "here" : "there");
        work_change(work, DECISIONS);
        proxy_set_side(proxy, faults[kind].fault, side, after);
        work_allow_refusal(work,
                           faults[kind].fault == PROXY_HALF_CLOSE && side == PROXY_FROM_CLIENT);
        failed += !work_run(work);
        work_allow_refusal(work, false);
        reached += proxy_was_reached(proxy);
        proxy_set(proxy, PROXY_PASS, 0);
        work_settle(work);
    }
    g_print("# %s: %d faults, %d reached, %d runs failed, longest run %.1f s\n", profile, n,
            reached, failed, (double)work_longest_us(work) / G_USEC_PER_SEC);
    g_assert_cmpint(reached, >, n / 2);
    g_assert_cmpint(failed, >, n / 4);
    work_free(work);
}

static void test_tls(void)
{
    run_cases("cut-tls", true, work_cases(24));
}

static void test_plain(void)
{
    run_cases("cut-plain", false, work_cases(8));
}

/* Pieces of 1 to 7 bytes, all the way, in both directions: no border of a message is special. */
static void test_split(void)
{
    for (int side = 0; side < 2; side++) {
        g_autofree char *profile = g_strdup_printf("split-%d", side);
        g_autofree char *dsn = work_dsn(proxy_port(proxy), true);
        proxy_set(proxy, PROXY_PASS, 0);
        Work *work = work_new(profile, dsn, false, 20);
        work_settle(work);
        work_change(work, 10);
        proxy_set_side(proxy, PROXY_SPLIT, (ProxySide)side, G_MAXINT32);
        g_assert_true(work_run(work));
        proxy_set(proxy, PROXY_PASS, 0);
        work_settle(work);
        work_free(work);
    }
}

static void add_tests(void)
{
    proxy = work_proxy();
    g_test_add_func("/faults/cut_lines/tls", test_tls);
    g_test_add_func("/faults/cut_lines/plain", test_plain);
    g_test_add_func("/faults/cut_lines/split", test_split);
}

int main(int argc, char **argv)
{
    return work_main(argc, argv, add_tests);
}
