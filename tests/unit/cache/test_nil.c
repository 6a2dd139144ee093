/* The nil UUID is an id like any other to a server: a row may have it, and others may name that
 * row. */
#include "../../../src/cache/internal.h"
#include "fixture.h"

#include "hiretty/cache/sync_table.h"

static const HtUuid nil;

typedef struct {
    const char *body;
    HtApplyMode mode;
} Words;

static bool put_note(HtApply *apply, gpointer data, GError **error)
{
    const Words *words = data;
    const HtSyncTable *table = ht_sync_table_by_name("candidate_notes");
    int columns[] = {0, ht_sync_table_column(table, "candidate_id"),
                     ht_sync_table_column(table, "body")};
    HtApplyTable *rows = ht_apply_table(apply, table, columns, 3, words->mode, error);
    ht_apply_uuid(rows, 0, &nil);
    ht_apply_uuid(rows, 1, &nil);
    ht_apply_text(rows, 2, words->body, -1);
    return rows && ht_apply_row(rows, error);
}

static bool delete_note(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_apply_delete(apply, ht_sync_table_by_name("candidate_notes"), &nil, error);
}

/* The one note: its own id, that of its person, its words. */
static void assert_note(HtReader *reader, const char *body)
{
    GError *error = NULL;
    g_auto(HtStmtUse) use = {
        ht_db_stmt_text(ht_reader_db(reader),
                        "SELECT i.id, c.id, n.body FROM candidate_notes n JOIN ids i ON i.k = n.k "
                        "JOIN ids c ON c.k = n.candidate_k",
                        &error)};
    g_assert_no_error(error);
    HtUuid own, person;
    if (body) {
        g_assert_cmpint(ht_stmt_step(use.stmt, &error), ==, HT_STEP_ROW);
        g_assert_true(ht_stmt_uuid(use.stmt, 0, &own) && ht_uuid_is_nil(&own));
        g_assert_true(ht_stmt_uuid(use.stmt, 1, &person) && ht_uuid_is_nil(&person));
        g_assert_cmpstr(ht_stmt_text(use.stmt, 2), ==, body);
    }
    g_assert_cmpint(ht_stmt_step(use.stmt, &error), ==, HT_STEP_DONE);
    g_assert_no_error(error);
}

static void test_row(void)
{
    GError *error = NULL;
    Fixture fixture;
    fixture_open(&fixture);
    Words words[] = {{"first", HT_APPLY_UPSERT}, {"second", HT_APPLY_UPSERT}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        ht_cache_apply(fixture.cache, put_note, &words[i], &error);
        g_assert_no_error(error);
        g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
        g_assert_no_error(error);
        g_assert_cmpint(ht_reader_key(reader, &nil), >, 0);
        assert_note(reader, words[i].body);
        if (i == 0)
            fixture_reopen(&fixture); /* nothing remembers the id */
    }
    ht_cache_apply(fixture.cache, delete_note, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    assert_note(reader, NULL);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/nil/row", test_row);
    return g_test_run();
}
