/* How often the server is asked: the paces, their jitter, and patience while it is away. */
#include "../../../src/sync/internal.h"

static void test_focus(void)
{
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_FOCUSED, 0, 0), ==, 1000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_IDLE, 0, 0), ==, 5000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_BACKGROUND, 0, 0), ==, 30000);
    /* A server that wishes for less often is obeyed; for more often while somebody looks. */
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_FOCUSED, 100, 0), ==, 100);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_IDLE, 100, 0), ==, 5000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_FOCUSED, 60000, 0), ==, 60000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_BACKGROUND, 60000, 0), ==, 60000);
    /* So is the person, as far as the server lets him. */
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_FOCUSED, 0, 7000), ==, 7000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_IDLE, 0, 2000), ==, 2000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_IDLE, 10000, 2000), ==, 10000);
    g_assert_cmpint(ht_sync_pace_ms(HT_SYNC_FOCUSED, 0, 10), ==, 1000);
}

static void test_backoff(void)
{
    int64_t before = 0;
    for (guint failures = 1; failures < 100; failures++) {
        int64_t ms = ht_sync_backoff_ms(failures);
        g_assert_cmpint(ms, >=, before);
        g_assert_cmpint(ms, <=, MAX(1000, 2 * before));
        before = ms;
    }
    g_assert_cmpint(ht_sync_backoff_ms(1), ==, 1000);
    g_assert_cmpint(ht_sync_backoff_ms(7), ==, 60000);
    g_assert_cmpint(before, ==, 60000);
    g_assert_cmpint(ht_sync_backoff_ms(0), ==, 1000);
    g_assert_cmpint(ht_sync_backoff_ms(G_MAXUINT), ==, 60000);
}

/* ±20 %, all of it, and even: a thousand clients do not beat in step. */
static void test_jitter(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20);
    int64_t least = G_MAXINT64, most = 0, sum = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t ms = ht_sync_jitter_ms(5000, g_rand_int(random));
        least = MIN(least, ms);
        most = MAX(most, ms);
        sum += ms;
    }
    g_assert_cmpint(least, ==, 4000);
    g_assert_cmpint(most, ==, 6000);
    g_assert_cmpint(sum / 10000, >, 4970);
    g_assert_cmpint(sum / 10000, <, 5030);
    g_assert_cmpint(ht_sync_jitter_ms(0, 7), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sync/pace/focus", test_focus);
    g_test_add_func("/sync/pace/backoff", test_backoff);
    g_test_add_func("/sync/pace/jitter", test_jitter);
    return g_test_run();
}
