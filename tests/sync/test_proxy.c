/* ctest: timeout=300
 * The network at its worst, with TLS and a password: cut, reset, split and stalled at random
 * places. Never a hang, never half a change; the next run ends in the state of a fresh sync. */
#include "../../src/sync/internal.h"
#include "client.h"
#include "proxy.h"

#include <string.h>

static Proxy *proxy;
static char *dsn;

static char *make_dsn(int port)
{
    return g_strdup_printf(
        "host=localhost hostaddr=127.0.0.1 port=%d user=ht_a_rec1 dbname=hiretty "
        "password=secret sslrootcert=%s",
        port, test_server_get("HT_ROOTCERT"));
}

static TestClient *open_client(const char *profile)
{
    ht_sync_chunks = (HtSyncChunks){
        .pages = 20, .rows = 100, .wide_pages = 20, .wide_rows = 100, .small_pages = 4};
    return test_client_open(profile, "X", dsn);
}

/* How many bytes a whole first load takes. */
static gint64 measure(void)
{
    proxy_set(proxy, PROXY_PASS, 0);
    static int n;
    g_autofree char *profile = g_strdup_printf("measure-%d", n++);
    g_autoptr(TestClient) client = open_client(profile);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(proxy_bytes(proxy), >, 100000);
    return proxy_bytes(proxy);
}

static void cut_at_random(ProxyFault fault, const char *name)
{
    gint64 whole = measure();
    for (int i = 0; i < 8; i++) {
        g_autofree char *profile = g_strdup_printf("%s-%d", name, i);
        g_autoptr(TestClient) client = open_client(profile);
        /* The first ones hit the handshake and the greeting. */
        gint64 after =
            i < 4 ? g_test_rand_int_range(0, 8000) : g_test_rand_int_range(0, (int)whole);
        proxy_set(proxy, fault, after);
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        bool ok = ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error);
        g_assert_cmpint(g_get_monotonic_time() - before, <, 15 * G_USEC_PER_SEC);
        if (!ok) {
            g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE);
            g_assert_null(strchr(error->message, '\n'));
        }
        proxy_set(proxy, PROXY_PASS, 0);
        test_client_sync(client, HT_SYNC_ONCE);
        test_client_assert_equal(client);
    }
}

static void test_cut(void)
{
    cut_at_random(PROXY_CUT, "proxy-cut");
}

static void test_reset(void)
{
    cut_at_random(PROXY_RESET, "proxy-reset");
}

static void test_split(void)
{
    g_autoptr(TestClient) client = open_client("proxy-split");
    proxy_set(proxy, PROXY_SPLIT, 200000);
    test_client_sync(client, HT_SYNC_ONCE);
    proxy_set(proxy, PROXY_PASS, 0);
    test_client_assert_equal(client);
}

/* A server that stops speaking in the middle of the rows is given up in 15 s. */
static void test_stall(void)
{
    static const gint64 places[] = {60000};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *profile = g_strdup_printf("proxy-stall-%zu", i);
        g_autoptr(TestClient) client = open_client(profile);
        proxy_set(proxy, PROXY_STALL, places[i]);
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        g_assert_false(ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error));
        g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE);
        g_assert_cmpint(g_get_monotonic_time() - before, <, 17 * G_USEC_PER_SEC);
        proxy_set(proxy, PROXY_PASS, 0);
        test_client_sync(client, HT_SYNC_ONCE);
        test_client_assert_equal(client);
    }
}

/* The same in the middle of pulls: each lands whole or not at all. */
static void test_pulls(void)
{
    g_autofree char *job = test_job(100, false);
    proxy_set(proxy, PROXY_PASS, 0);
    g_autoptr(TestClient) client = open_client("proxy-pulls");
    test_client_sync(client, HT_SYNC_ONCE);
    for (int i = 0; i < 10; i++) {
        test_platform("UPDATE public.candidate_job_matches SET score = %d WHERE job_id = '%s'", i,
                      job);
        proxy_set(proxy, PROXY_CUT, g_test_rand_int_range(5000, 60000));
        ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, NULL);
        g_autofree char *different = test_client_value(
            client, "SELECT count(DISTINCT score) FROM candidate_job_matches WHERE job_k = (SELECT "
                    "max(job_k) FROM candidate_job_matches)");
        g_assert_cmpint(atoi(different), >=, 1);
    }
    proxy_set(proxy, PROXY_PASS, 0);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    test_sql("ALTER ROLE ht_a_rec1 PASSWORD 'secret'");
    g_free(test_job(300, false));
    proxy = proxy_start(test_server_get("HT_TCP_PORT"));
    dsn = make_dsn(proxy_port(proxy));
    g_test_add_func("/sync/proxy/cut", test_cut);
    g_test_add_func("/sync/proxy/reset", test_reset);
    g_test_add_func("/sync/proxy/split", test_split);
    g_test_add_func("/sync/proxy/stall", test_stall);
    g_test_add_func("/sync/proxy/pulls", test_pulls);
    int status = g_test_run();
    proxy_stop(proxy);
    g_free(dsn);
    test_clients_clear();
    test_server_stop();
    return status;
}
