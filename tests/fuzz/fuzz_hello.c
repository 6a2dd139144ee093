/* The server's greeting, what was remembered of the last one, and the cursor: three texts with zero
 * bytes between them. Any greeting has one consequence; the same greeting again has none. */
#include "fuzz.h"

#include "src/sync/internal.h"

#include <string.h>

static void check_columns(const HtSyncColumns *columns)
{
    g_autoptr(HtJson) printed = ht_sync_columns_print(columns);
    HtSyncColumns *again = ht_sync_columns_new(printed);
    uint64_t lost = 0, gained = 0;
    ht_sync_columns_compare(columns, again, &lost, &gained);
    g_assert_cmpuint(lost, ==, 0);
    g_assert_cmpuint(gained, ==, 0);
    ht_sync_columns_free(again);
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        for (int kind = HT_SELECT_ALL; kind <= HT_SELECT_WIDE; kind++) {
            HtSyncSelect *select = ht_sync_select_new(columns, &tables[i], (HtSyncSelectKind)kind);
            if (select) {
                g_assert_cmpint(select->n, >, 0);
                g_assert_cmpint(select->n, <=, tables[i].n_columns);
                g_assert_null(strpbrk(select->list, ";\\"));
            }
            ht_sync_select_free(select);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(GStrv) texts = fuzz_texts(data, size, 3);
    guint64 xmin = 0, xmax = 0;
    if (ht_sync_snapshot_parse(texts[2], &xmin, &xmax))
        g_assert_cmpuint(xmin, <=, xmax);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSyncHello) hello = ht_sync_hello_parse(texts[0], (gssize)strlen(texts[0]), &error);
    g_assert_true(!hello == (error != NULL));
    if (!hello)
        return 0;
    HtSyncPlan plan = ht_sync_plan(texts[1], texts[2], texts[2], hello);
    g_assert_true(plan.kind <= HT_PLAN_LOCK);
    if (plan.kind >= HT_PLAN_LOAD)
        g_assert_nonnull(plan.why);
    g_assert_false(ht_sync_is_foreign(texts[1], true, hello));
    g_assert_false(ht_sync_is_foreign(NULL, false, hello));
    g_assert_true(ht_sync_plan(NULL, NULL, NULL, hello).kind != HT_PLAN_PULL);
    if (!hello->columns || hello->is_refused)
        return 0;
    check_columns(hello->columns);
    g_autofree char *note = ht_sync_hello_remember(hello, hello->columns, "login");
    HtSyncPlan same = ht_sync_plan(note, hello->snapshot, NULL, hello);
    g_assert_true(same.kind == HT_PLAN_PULL || hello->floor > hello->xmin || hello->wants_wipe);
    if (same.kind == HT_PLAN_PULL)
        g_assert_cmpuint(same.reload, ==, 0);
    return 0;
}
