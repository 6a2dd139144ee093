/* The greeting, what is remembered of it, and the one consequence of each difference. */
#include "../../../src/sync/internal.h"

#include <string.h>

/* A greeting with some parts replaced: pairs of key and JSON value, ended by NULL. */
static HtJson *greeting(bool with_columns)
{
    g_autoptr(GError) error = NULL;
    HtJson *json = ht_json_parse(
        "{\"protocol\":1,\"schema_version\":24,\"system_id\":\"7\",\"timeline\":1,\"epoch\":\"e\","
        "\"snapshot\":\"100:110:101,105\",\"floor\":\"50\",\"acked_seq\":4,\"schema_fp\":\"s1\","
        "\"membership_fp\":\"m1\",\"scopes\":{\"confidential\":{\"fp\":\"c1\",\"tables\":[6,15]},"
        "\"panel\":{\"fp\":\"p1\",\"tables\":[20,99,-1]}},\"tenant\":{\"id\":\"t1\",\"name\":\"T\"}"
        ","
        "\"user\":{\"id\":\"u1\",\"name\":\"U\"},\"member\":{\"id\":\"b1\"},\"role\":\"recruiter\","
        "\"read_only\":false,\"poll_ms\":1000,\"server_version_num\":150020}",
        -1, &error);
    g_assert_no_error(error);
    if (with_columns)
        ht_json_set(
            json, "columns",
            ht_json_parse("{\"tenants\":[\"id\",\"name\"],\"users\":[\"id\",\"email\",\"secret\"],"
                          "\"resumes\":[\"id\",\"parsed_data\",\"parsed_public\"],"
                          "\"jobs\":[\"title\"]}",
                          -1, NULL));
    return json;
}

static HtSyncHello *parse(const HtJson *json)
{
    g_autofree char *text = ht_json_print(json, false);
    g_autoptr(GError) error = NULL;
    HtSyncHello *hello = ht_sync_hello_parse(text, (gssize)strlen(text), &error);
    g_assert_no_error(error);
    return hello;
}

static void test_parse(void)
{
    g_autoptr(HtJson) json = greeting(true);
    g_autoptr(HtSyncHello) hello = parse(json);
    g_assert_cmpuint(hello->xmin, ==, 100);
    g_assert_cmpuint(hello->xmax, ==, 110);
    g_assert_cmpuint(hello->floor, ==, 50);
    g_assert_cmpint(hello->acked_seq, ==, 4);
    g_assert_cmpint(hello->scopes->len, ==, 2);
    const HtSyncScope *panel = hello->scopes->pdata[1];
    g_assert_cmpuint(panel->tables, ==, HT_CHANGED(20));
    g_assert_nonnull(hello->columns);
    g_assert_true(ht_sync_columns_readable(hello->columns, ht_sync_table_by_name("users")));
    /* Without its id a table is of no use. */
    g_assert_false(ht_sync_columns_readable(hello->columns, ht_sync_table_by_name("jobs")));
}

static void test_refuses(void)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"protocol\":2}",
        "{\"protocol\":1}",
        "not json",
        "{\"protocol\":1,\"epoch\":\"e\",\"system_id\":\"7\",\"membership_fp\":\"m\",\"role\":"
        "\"admin\","
        "\"snapshot\":\"5:4:\"}",
        "{\"protocol\":1,\"epoch\":\"e\",\"system_id\":\"7\",\"membership_fp\":\"m\",\"role\":"
        "\"admin\","
        "\"snapshot\":\"1:2:x\"}",
        "{\"protocol\":1,\"epoch\":\"e\",\"system_id\":\"7\",\"membership_fp\":\"m\",\"role\":"
        "\"admin\","
        "\"snapshot\":\"5:9:3\"}",
        "{\"protocol\":1,\"epoch\":\"e\",\"system_id\":\"7\",\"membership_fp\":\"m\",\"role\":"
        "\"admin\","
        "\"snapshot\":\"5:9:6,\"}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_sync_hello_parse(bad[i], (gssize)strlen(bad[i]), &error));
        g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_sync_hello_parse(NULL, 0, &error));
    g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA);
}

/* What a cache remembers that was filled under `greeting(true)`. */
static char *remember(void)
{
    g_autoptr(HtJson) json = greeting(true);
    g_autoptr(HtSyncHello) hello = parse(json);
    return ht_sync_hello_remember(hello, hello->columns, "ht_login");
}

static HtSyncPlan plan_for(HtJson *json, const char *cursor)
{
    g_autofree char *remembered = remember();
    g_autoptr(HtSyncHello) hello = parse(json);
    return ht_sync_plan(remembered, cursor, NULL, hello);
}

static void test_same(void)
{
    for (int with_columns = 0; with_columns < 2; with_columns++) {
        g_autoptr(HtJson) json = greeting(with_columns);
        HtSyncPlan plan = plan_for(json, "90:95:");
        g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
        g_assert_cmpuint(plan.reload, ==, 0);
        g_assert_cmpuint(plan.reconcile, ==, 0);
        g_assert_false(plan.is_changed);
        g_assert_cmpuint(plan.digests, ==, 0);
    }
}

static void test_first(void)
{
    g_autoptr(HtJson) with = greeting(true), without = greeting(false);
    g_autoptr(HtSyncHello) a = parse(with), b = parse(without);
    g_assert_cmpint(ht_sync_plan(NULL, NULL, NULL, a).kind, ==, HT_PLAN_LOAD);
    g_assert_cmpint(ht_sync_plan(NULL, NULL, NULL, b).kind, ==, HT_PLAN_ASK_COLUMNS);
    g_assert_cmpint(ht_sync_plan("{}", "nonsense", NULL, a).kind, !=, HT_PLAN_PULL);
}

static void test_resync(void)
{
    static const struct {
        const char *key, *value;
        const char *cursor;
    } cases[] = {
        {"epoch", "other", "90:95:"},     {"system_id", "8", "90:95:"},
        {"snapshot", "80:85:", "90:95:"}, {"floor", "91", "90:95:"},
        {"epoch", "e", "100:120:"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtJson) json = greeting(true);
        ht_json_set_string(json, cases[i].key, cases[i].value);
        HtSyncPlan plan = plan_for(json, cases[i].cursor);
        g_assert_cmpint(plan.kind, ==, HT_PLAN_LOAD);
        g_assert_nonnull(plan.why);
    }
    g_autoptr(HtJson) json = greeting(true);
    ht_json_set_int(json, "timeline", 2);
    g_assert_cmpint(plan_for(json, "90:95:").kind, ==, HT_PLAN_LOAD);
}

/* A transaction that ended before the cursor cannot run now, nor can numbers fall. */
static void test_gone_back(void)
{
    static const struct {
        const char *cursor, *now;
        bool is_back;
    } cases[] = {
        {"100:110:101,105", "100:110:101,105", false},
        {"100:110:101,105", "105:130:105,120", false},
        {"100:110:101,105", "130:130:", false},
        {"100:110:101,105", "99:130:99", true},
        {"100:110:101,105", "100:109:101,105", true},
        {"100:110:101,105", "101:130:101,103", true},
        {"100:110:101,105", "101:130:101,110", false},
        {"100:110:101,105", "100:130:100", true},
        {"110:110:", "110:111:110", false},
        {"110:110:", "109:120:109,115", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtJson) json = greeting(true);
        ht_json_set_string(json, "snapshot", cases[i].now);
        HtSyncPlan plan = plan_for(json, cases[i].cursor);
        g_test_message("%s then %s", cases[i].cursor, cases[i].now);
        g_assert_cmpint(plan.kind, ==, cases[i].is_back ? HT_PLAN_LOAD : HT_PLAN_PULL);
    }
}

/* The server must know one of the cursors that it may have been told last. */
static void test_told(void)
{
    g_autofree char *first = ht_sync_told(NULL, false, "90:95:");
    g_autofree char *second = ht_sync_told(first, false, "91:96:");
    g_autofree char *known = ht_sync_told(second, true, "92:97:");
    g_assert_cmpstr(first, ==, "90:95:");
    g_assert_cmpstr(second, ==, "90:95:\n91:96:");
    g_assert_cmpstr(known, ==, "91:96:\n92:97:");
    g_autofree char *many = g_strdup("");
    for (int i = 0; i < 30; i++) {
        g_autofree char *cursor = g_strdup_printf("%d:%d:", i, i), *longer = NULL;
        longer = ht_sync_told(many, false, cursor);
        g_free(many);
        many = g_steal_pointer(&longer);
    }
    g_auto(GStrv) lines = g_strsplit(many, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), <=, 9);
    g_autofree char *remembered = remember();
    static const struct {
        const char *seen, *told;
        HtSyncPlanKind kind;
        bool is_copied;
    } cases[] = {
        {"90:95:", "90:95:\n91:96:", HT_PLAN_PULL, false},
        {"91:96:", "90:95:\n91:96:", HT_PLAN_PULL, false},
        {"80:85:", "90:95:\n91:96:", HT_PLAN_LOAD, false},
        {"", "90:95:", HT_PLAN_LOAD, false},
        {"80:85:", NULL, HT_PLAN_PULL, false},
        {NULL, "90:95:", HT_PLAN_PULL, false},
        /* Newer than any of ours: nobody but a copy of this profile has told it. */
        {"91:97:92", "90:95:\n91:96:", HT_PLAN_PULL, true},
        {"90:97:90", "90:95:\n91:96:", HT_PLAN_LOAD, false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtJson) json = greeting(true);
        if (cases[i].seen)
            ht_json_set_string(json, "seen", cases[i].seen);
        g_autoptr(HtSyncHello) hello = parse(json);
        HtSyncPlan plan = ht_sync_plan(remembered, "95:99:", cases[i].told, hello);
        g_assert_cmpint(plan.kind, ==, cases[i].kind);
        g_assert_cmpint(plan.is_copied, ==, cases[i].is_copied);
    }
}

/* One table's shape: that table's digest alone; a cache that knows one fingerprint: all of them. */
static void test_shapes(void)
{
    g_autoptr(HtJson) before = greeting(true), now = greeting(true);
    ht_json_set(before, "table_fps", ht_json_parse("{\"jobs\":\"1\",\"users\":\"1\"}", -1, NULL));
    ht_json_set(now, "table_fps", ht_json_parse("{\"jobs\":\"2\",\"users\":\"1\"}", -1, NULL));
    g_autoptr(HtSyncHello) filled = parse(before), hello = parse(now);
    g_autofree char *remembered = ht_sync_hello_remember(filled, filled->columns, "ht_login");
    HtSyncPlan plan = ht_sync_plan(remembered, "90:95:", NULL, hello);
    g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
    g_assert_cmpuint(plan.digests, ==, HT_CHANGED(ht_sync_table_by_name("jobs")->number));
    g_assert_true(plan.is_changed);
    plan = ht_sync_plan(remembered, "90:95:", NULL, filled);
    g_assert_cmpuint(plan.digests, ==, 0);
    g_assert_false(plan.is_changed);
    g_autofree char *older = remember();
    plan = ht_sync_plan(older, "90:95:", NULL, hello);
    g_assert_cmpuint(plan.digests, ==, 0); /* the same schema: nothing to compare, much to note */
    g_assert_true(plan.is_changed);
}

static void test_membership(void)
{
    g_autoptr(HtJson) asks = greeting(false);
    ht_json_set_string(asks, "membership_fp", "m2");
    g_assert_cmpint(plan_for(asks, "90:95:").kind, ==, HT_PLAN_ASK_COLUMNS);

    g_autoptr(HtJson) role = greeting(true);
    ht_json_set_string(role, "membership_fp", "m2");
    ht_json_set_string(role, "role", "viewer");
    g_assert_cmpint(plan_for(role, "90:95:").kind, ==, HT_PLAN_PURGE_LOAD);

    g_autoptr(HtJson) tenant = greeting(true);
    ht_json_set_string(tenant, "membership_fp", "m2");
    ht_json_set(tenant, "tenant", ht_json_parse("{\"id\":\"t2\"}", -1, NULL));
    g_assert_cmpint(plan_for(tenant, "90:95:").kind, ==, HT_PLAN_PURGE_LOAD);

    g_autoptr(HtJson) fewer = greeting(true);
    ht_json_set_string(fewer, "membership_fp", "m2");
    ht_json_set(
        fewer, "columns",
        ht_json_parse("{\"tenants\":[\"id\"],\"users\":[\"id\",\"email\"],\"resumes\":[\"id\","
                      "\"parsed_data\"]}",
                      -1, NULL));
    g_assert_cmpint(plan_for(fewer, "90:95:").kind, ==, HT_PLAN_PURGE_LOAD);
    /* The same with another schema: a column was dropped, nothing is a secret. */
    ht_json_set_string(fewer, "schema_fp", "s2");
    g_assert_cmpint(plan_for(fewer, "90:95:").kind, ==, HT_PLAN_LOAD);

    g_autoptr(HtJson) more = greeting(true);
    ht_json_set_string(more, "membership_fp", "m2");
    ht_json_set(
        more, "columns",
        ht_json_parse("{\"tenants\":[\"id\",\"name\",\"slug\"],\"users\":[\"id\",\"email\"],"
                      "\"resumes\":[\"id\",\"parsed_data\"]}",
                      -1, NULL));
    HtSyncPlan plan = plan_for(more, "90:95:");
    g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
    g_assert_cmpuint(plan.reload, ==, HT_CHANGED(1));
    g_assert_true(plan.is_changed);
}

static void test_scopes(void)
{
    g_autoptr(HtJson) json = greeting(false);
    ht_json_set(json, "scopes",
                ht_json_parse("{\"confidential\":{\"fp\":\"c2\",\"tables\":[6,15]},"
                              "\"panel\":{\"fp\":\"p1\",\"tables\":[20]}}",
                              -1, NULL));
    HtSyncPlan plan = plan_for(json, "90:95:");
    g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
    g_assert_cmpuint(plan.reconcile, ==, HT_CHANGED(6) | HT_CHANGED(15));
    g_assert_cmpuint(plan.reload, ==, 0);
    g_assert_true(plan.is_changed);
}

static void test_schema(void)
{
    g_autoptr(HtJson) json = greeting(true);
    ht_json_set_string(json, "schema_fp", "s2");
    HtSyncPlan plan = plan_for(json, "90:95:");
    g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
    g_assert_cmpuint(plan.digests, !=, 0);
    g_assert_true(plan.is_changed);
}

/* A newer schema is noted, for the warning; nothing else follows from it. */
static void test_newer(void)
{
    g_autoptr(HtJson) json = greeting(false);
    ht_json_set_int(json, "schema_version", 9999);
    HtSyncPlan plan = plan_for(json, "90:95:");
    g_assert_cmpint(plan.kind, ==, HT_PLAN_PULL);
    g_assert_true(plan.is_changed);
    g_assert_cmpuint(plan.reload | plan.reconcile, ==, 0);
}

static void test_refused(void)
{
    g_autoptr(HtJson) refused = ht_json_parse(
        "{\"protocol\":1,\"refused\":\"membership\",\"schema_version\":24}", -1, NULL);
    g_assert_cmpint(plan_for(refused, "90:95:").kind, ==, HT_PLAN_LOCK);
    g_autoptr(HtJson) wipe = greeting(true);
    ht_json_set_bool(wipe, "wipe", true);
    g_assert_cmpint(plan_for(wipe, "90:95:").kind, ==, HT_PLAN_LOCK);
}

/* From elsewhere only the member whose rows are here is heard. */
static void test_foreign(void)
{
    g_autofree char *remembered = remember();
    g_autoptr(HtJson) same = greeting(true), user = greeting(true), tenant = greeting(false),
                      moved = greeting(true), wipe = greeting(true);
    g_autoptr(HtJson) refused = ht_json_parse(
        "{\"protocol\":1,\"refused\":\"membership\",\"schema_version\":24}", -1, NULL);
    ht_json_set(user, "user", ht_json_parse("{\"id\":\"u2\"}", -1, NULL));
    ht_json_set(tenant, "tenant", ht_json_parse("{\"id\":\"t2\"}", -1, NULL));
    ht_json_set_string(moved, "system_id", "8");
    ht_json_set_string(wipe, "system_id", "8");
    ht_json_set_bool(wipe, "wipe", true);
    const struct {
        const HtJson *json;
        bool is_foreign;
    } cases[] = {{same, false},  {user, true}, {tenant, true},
                 {moved, false}, {wipe, true}, {refused, true}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtSyncHello) hello = parse(cases[i].json);
        g_assert_cmpint(ht_sync_is_foreign(remembered, false, hello), ==, cases[i].is_foreign);
        g_assert_false(ht_sync_is_foreign(remembered, true, hello));
        g_assert_false(ht_sync_is_foreign(NULL, false, hello));
    }
}

static void test_select(void)
{
    g_autoptr(HtJson) json = greeting(true);
    g_autoptr(HtSyncHello) hello = parse(json);
    const HtSyncTable *users = ht_sync_table_by_name("users");
    const HtSyncTable *resumes = ht_sync_table_by_name("resumes");
    g_autoptr(HtSyncSelect) all = ht_sync_select_new(hello->columns, users, HT_SELECT_ALL);
    g_assert_cmpint(all->n, ==, 2);
    g_assert_cmpstr(all->list, ==, "t.\"id\"::uuid, t.\"email\"::text");
    g_assert_null(strstr(all->list, "secret"));
    g_assert_null(ht_sync_select_new(hello->columns, users, HT_SELECT_WIDE));
    g_autoptr(HtSyncSelect) wide = ht_sync_select_new(hello->columns, resumes, HT_SELECT_WIDE);
    /* parsed_public is for those who may not read parsed_data. */
    g_assert_cmpint(wide->n, ==, 2);
    g_assert_null(strstr(wide->list, "parsed_public"));
    g_autoptr(HtSyncSelect) hot = ht_sync_select_new(hello->columns, resumes, HT_SELECT_HOT);
    g_assert_cmpint(hot->n, ==, 1);
    g_assert_null(
        ht_sync_select_new(hello->columns, ht_sync_table_by_name("offers"), HT_SELECT_ALL));
    g_autofree char *sql = ht_sync_sql_fill("copy_pages", all, "first", "10", "last", "20", NULL);
    g_assert_null(strchr(sql, '{'));
    g_assert_nonnull(strstr(sql, "COPY (SELECT t.\"id\"::uuid"));
    g_assert_nonnull(strstr(sql, "public.users AS t"));
    g_assert_nonnull(strstr(sql, "'(20,0)'"));
}

static void test_columns_print(void)
{
    g_autoptr(HtJson) json = greeting(true);
    g_autoptr(HtSyncHello) hello = parse(json);
    g_autoptr(HtJson) printed = ht_sync_columns_print(hello->columns);
    g_autoptr(HtSyncColumns) again = ht_sync_columns_new(printed);
    uint64_t lost, gained;
    ht_sync_columns_compare(hello->columns, again, &lost, &gained);
    g_assert_cmpuint(lost | gained, ==, 0);
    ht_sync_columns_compare(hello->columns, NULL, &lost, &gained);
    g_assert_cmpuint(lost, ==, HT_CHANGED(1) | HT_CHANGED(2) | HT_CHANGED(14));
    g_assert_cmpuint(gained, ==, 0);
}

static void test_tuple(void)
{
    HtPgField fields[] = {{(const guint8 *)"ab", 2}, {NULL, 0}, {(const guint8 *)"", 0}};
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    ht_sync_tuple_append(bytes, fields, 3);
    HtPgTuples tuples;
    HtPgField out[3];
    ht_pg_tuples_init(&tuples, bytes->data, bytes->len);
    g_assert_true(ht_pg_tuples_next(&tuples, out, 3));
    g_assert_cmpmem(out[0].data, out[0].len, "ab", 2);
    g_assert_null(out[1].data);
    g_assert_nonnull(out[2].data);
    g_assert_false(ht_pg_tuples_next(&tuples, out, 3));
    g_assert_false(tuples.broken);
}

static void test_errors(void)
{
    static const struct {
        HtPgError from;
        HtSyncError to;
        int status;
    } cases[] = {
        {HT_PG_ERROR_OFFLINE, HT_SYNC_ERROR_OFFLINE, 3},
        {HT_PG_ERROR_SERVER, HT_SYNC_ERROR_OFFLINE, 3},
        {HT_PG_ERROR_REFUSED, HT_SYNC_ERROR_REFUSED, 5},
        {HT_PG_ERROR_AUTH, HT_SYNC_ERROR_SETUP, 5},
        {HT_PG_ERROR_TLS, HT_SYNC_ERROR_TLS, 5},
        {HT_PG_ERROR_SCHEMA, HT_SYNC_ERROR_SCHEMA, 5},
        {HT_PG_ERROR_CANCELLED, HT_SYNC_ERROR_CANCELLED, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        ht_sync_error_take(&error, g_error_new_literal(HT_PG_ERROR, (int)cases[i].from, "why"));
        g_assert_error(error, HT_SYNC_ERROR, (int)cases[i].to);
        g_assert_cmpstr(error->message, ==, "why");
        g_assert_cmpint(ht_sync_exit(error), ==, cases[i].status);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sync/hello/parse", test_parse);
    g_test_add_func("/sync/hello/refuses", test_refuses);
    g_test_add_func("/sync/plan/same", test_same);
    g_test_add_func("/sync/plan/first", test_first);
    g_test_add_func("/sync/plan/resync", test_resync);
    g_test_add_func("/sync/plan/gone_back", test_gone_back);
    g_test_add_func("/sync/plan/told", test_told);
    g_test_add_func("/sync/plan/shapes", test_shapes);
    g_test_add_func("/sync/plan/membership", test_membership);
    g_test_add_func("/sync/plan/scopes", test_scopes);
    g_test_add_func("/sync/plan/schema", test_schema);
    g_test_add_func("/sync/plan/newer", test_newer);
    g_test_add_func("/sync/plan/refused", test_refused);
    g_test_add_func("/sync/columns/select", test_select);
    g_test_add_func("/sync/hello/foreign", test_foreign);
    g_test_add_func("/sync/columns/print", test_columns_print);
    g_test_add_func("/sync/block/tuple", test_tuple);
    g_test_add_func("/sync/error/kinds", test_errors);
    return g_test_run();
}
