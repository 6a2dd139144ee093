/* What the outbox keeps about people is text that somebody here wrote: notes, tags, mails, and what
 * the server said to them. When the person may not be seen any more, the words go and the ids and
 * codes stay: so the intent can still be counted, listed and settled. A decision is still sent (the
 * server says "gone"); a note or a tag without its words is given up as gone. */
#include "internal.h"

#include "hiretty/base/log.h"
#include "hiretty/base/reserve.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static bool run_all(HtDb *db, const char *const *queries, gsize n, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        HtStmt *stmt = ht_db_stmt(db, queries[i], error);
        if (!stmt || !ht_stmt_run(stmt, error))
            return false;
    }
    return true;
}

bool ht_outbox_strip_all(HtOutbox *outbox, GError **error)
{
    static const char *const queries[] = {
        HT_OUTBOX_QUERY("batches_release"), HT_OUTBOX_QUERY("batches_clear"),
        HT_OUTBOX_QUERY("ops_strip"), HT_OUTBOX_QUERY("groups_strip")};
    if (!ht_db_begin(outbox->db, true, error))
        return false;
    if (!run_all(outbox->db, queries, G_N_ELEMENTS(queries), error) ||
        !ht_db_commit(outbox->db, error)) {
        ht_db_rollback(outbox->db);
        return false;
    }
    return ht_db_truncate_wal(outbox->db, error);
}

/* ---- some people */

typedef struct {
    int64_t seq, group;
    bool is_sending;
} Forgotten;

/* Who is here is asked by id. The index of the ids may be damaged, and words that went do not come
 * back: "not here" counts only when the index has the id, or when no row at all has it. */
typedef struct {
    HtDb *cache;
    GString *unknown; /* JSON, ids that the index does not have */
} Register;

static void register_close(Register *reg)
{
    g_string_free(reg->unknown, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Register, register_close)

static HtStep look_up(const Register *reg, const char *resource, const HtUuid *id, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reg->cache, resource, error)};
    if (!use.stmt)
        return HT_STEP_ERROR;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    return ht_stmt_step(use.stmt, error);
}

static HtStep is_there(Register *reg, const char *resource, const HtUuid *id, GError **error)
{
    if (ht_uuid_is_nil(id))
        return HT_STEP_ROW;
    HtStep there = look_up(reg, resource, id, error);
    if (there != HT_STEP_DONE)
        return there;
    HtStep known = look_up(reg, HT_CACHE_QUERY("id_key"), id, error);
    if (known == HT_STEP_DONE) {
        char text[HT_UUID_TEXT];
        g_string_append_printf(reg->unknown, "%s\"%s\"", reg->unknown->len > 1 ? "," : "",
                               ht_uuid_format(id, text));
    }
    return known == HT_STEP_ERROR ? known : HT_STEP_DONE;
}

/* Rows: both are here; done: one of them is not. */
static HtStep are_there(Register *reg, const HtUuid *candidate, const HtUuid *match, GError **error)
{
    HtStep person = is_there(reg, HT_CACHE_QUERY("id_is_person"), candidate, error);
    if (person != HT_STEP_ROW)
        return person;
    return is_there(reg, HT_CACHE_QUERY("id_is_match"), match, error);
}

/* Fails when a row has an id that the index lacks. Reads all ids, once for all that it lacks. */
static bool is_sure(Register *reg, GError **error)
{
    if (reg->unknown->len == 1)
        return true;
    g_autofree char *all = g_strconcat(reg->unknown->str, "]", NULL);
    g_auto(HtStmtUse) use = {ht_db_stmt(reg->cache, HT_CACHE_QUERY("ids_lost"), error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text(use.stmt, 1, all);
    return ht_stmt_step(use.stmt, error) == HT_STEP_DONE;
}

/* Ops with words about people, or applications, that the cache does not have. */
static bool find_forgotten(HtOutbox *outbox, HtDb *cache, GArray *into, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->db, HT_OUTBOX_QUERY("ops_with_words"), error)};
    g_auto(Register) reg = {cache, g_string_new("[")};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtUuid match, candidate;
        ht_stmt_uuid(use.stmt, 3, &match);
        ht_stmt_uuid(use.stmt, 4, &candidate);
        HtStep there = are_there(&reg, &candidate, &match, error);
        if (there == HT_STEP_ERROR)
            return false;
        if (there == HT_STEP_ROW)
            continue;
        Forgotten op = {.seq = ht_stmt_int(use.stmt, 0),
                        .group = ht_stmt_int(use.stmt, 1),
                        .is_sending = ht_stmt_int(use.stmt, 2) != 0};
        g_array_append_val(into, op);
    }
    return step == HT_STEP_DONE && is_sure(&reg, error);
}

static bool strip(HtOutbox *outbox, const GArray *ops, GError **error)
{
    static const char *const of_batches[] = {HT_OUTBOX_QUERY("batches_release"),
                                             HT_OUTBOX_QUERY("batches_clear")};
    HtDb *db = outbox->db;
    bool is_sending = false;
    for (guint i = 0; i < ops->len; i++)
        is_sending |= g_array_index(ops, Forgotten, i).is_sending;
    /* The server knows each op by its id, in whatever batch it comes. */
    if (is_sending && !run_all(db, of_batches, G_N_ELEMENTS(of_batches), error))
        return false;
    for (guint i = 0; i < ops->len; i++) {
        const Forgotten *op = &g_array_index(ops, Forgotten, i);
        if (!ht_outbox_run(db, HT_OUTBOX_QUERY("op_strip"), op->seq, error) ||
            !ht_outbox_run(db, HT_OUTBOX_QUERY("group_strip"), op->group, error))
            return false;
    }
    return true;
}

/* *stays: all that can be read in it is about people who are still here. */
static bool ask_to_stay(const char *path, HtDb *cache, bool *stays, GError **error)
{
    g_autoptr(GPtrArray) ops = ht_outbox_salvage(path, true);
    g_auto(Register) reg = {cache, g_string_new("[")};
    *stays = ops->len > 0;
    for (guint i = 0; i < ops->len && *stays; i++) {
        const HtOp *op = ops->pdata[i];
        HtStep there = are_there(&reg, &op->candidate, &op->match, error);
        if (there == HT_STEP_ERROR)
            return false;
        *stays = there == HT_STEP_ROW;
    }
    return is_sure(&reg, error);
}

static void remove_with(const char *dir, const char *prefix)
{
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (g_str_has_prefix(name, prefix) && g_unlink(path) == 0)
            ht_log(HT_LOG_INFO, "a damaged outbox was removed: people in it are to be forgotten");
    }
}

/* Kept copies of a damaged file, and what was read out of them. `cache` NULL: all, without fail. */
static bool remove_aside(const char *dir, HtDb *cache, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        const char *dash = g_str_has_prefix(name, "outbox.db.") ? strchr(name, '-') : NULL;
        bool is_main = dash && dash[1] && !dash[1 + strspn(dash + 1, "0123456789")];
        bool stays = false;
        if (is_main && cache && !ask_to_stay(path, cache, &stays, error))
            return false;
        if (is_main && !stays)
            g_ptr_array_add(gone, g_strdup(name));
    }
    for (guint i = 0; i < gone->len; i++)
        remove_with(dir, gone->pdata[i]);
    return true;
}

bool ht_outbox_forget(HtStore *store, HtForgetHow how, gpointer data, GError **error)
{
    HtOutbox *outbox = data;
    g_autoptr(GArray) ops = g_array_new(FALSE, FALSE, sizeof(Forgotten));
    g_autofree char *dir = g_path_get_dirname(outbox->path);
    if (!remove_aside(dir, how == HT_FORGET_ALL ? NULL : ht_store_db(store), error))
        return false;
    if (how == HT_FORGET_ALL)
        return true; /* "purged" says what is to be done */
    if (!find_forgotten(outbox, ht_store_db(store), ops, error))
        return false;
    for (guint i = 0; how != HT_FORGET_SOME_SAFE && i < ops->len; i++) {
        if (g_array_index(ops, Forgotten, i).is_sending) {
            g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                                "it is being sent (the next sync forgets it)");
            return false;
        }
    }
    if (ops->len > 0) {
        if (!ht_db_begin(outbox->db, true, error))
            return false;
        /* With a new stamp: should this process die now, the next one shows it all anew. */
        if (!strip(outbox, ops, error) || !ht_outbox_counter(outbox->db, "stamp", error) ||
            !ht_db_commit(outbox->db, error)) {
            ht_db_rollback(outbox->db);
            return false;
        }
        if (!ht_outbox_show_all(outbox, store, error))
            return false;
    }
    /* Also when nothing was found: a process may have died between the two. */
    return ht_db_truncate_wal(outbox->db, error);
}

/* ---- all of it */

static char *file_of(const HtPaths *paths)
{
    return g_build_filename(ht_paths_state_dir(paths), "outbox.db", NULL);
}

GPtrArray *ht_outbox_peek(const HtPaths *paths, GError **error)
{
    g_autofree char *path = file_of(paths);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return g_ptr_array_new();
    g_autoptr(HtDb) db = ht_db_open(path, HT_DB_READ, "peek", 1024, error);
    HtStmt *open = db ? ht_db_stmt(db, HT_OUTBOX_QUERY("ops_open"), error) : NULL;
    if (!open)
        return NULL;
    ht_stmt_bind_int(open, 1, -1);
    return ht_outbox_items(open, error);
}

bool ht_outbox_wipe(const HtPaths *paths, GError **error)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    g_autofree char *path = file_of(paths);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *one = g_strconcat(path, endings[i], NULL);
        if (g_unlink(one) != 0 && errno != ENOENT) {
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s: %s", one, g_strerror(errno));
            return false;
        }
    }
    remove_aside(ht_paths_state_dir(paths), NULL, NULL);
    ht_reserve_give_up(ht_paths_state_dir(paths));
    return true;
}
