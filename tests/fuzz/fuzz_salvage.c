/* A damaged outbox and its WAL, which nobody but us reads any more. Whatever the bytes are: each op
 * once, in order, as something that can be exported; the same again the next time; and the files
 * are as they were. */
#include "fuzz.h"
#include "src/outbox/internal.h"

#include "hiretty/base/json.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The first byte's lowest bit: what follows is the length of the file, in two bytes, and the rest
 * is its WAL. */
enum { SIZE_MAX_BYTES = 1 << 17, HEAD = 3 };

static char *folder;

static void remove_folder(void)
{
    static const char *const names[] = {"outbox.db", "outbox.db-wal"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static char *write_file(const char *name, const uint8_t *data, size_t size)
{
    if (!folder) {
        folder = g_dir_make_tmp("ht-salvage-XXXXXX", NULL);
        g_assert_nonnull(folder);
        atexit(remove_folder);
    }
    char *path = g_build_filename(folder, name, NULL);
    GError *error = NULL;
    g_unlink(path); /* GLib writes over what is there, and leaves the rest of it */
    g_file_set_contents_full(path, (const char *)data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600,
                             &error);
    g_assert_no_error(error);
    return path;
}

static void assert_unchanged(const char *path, const uint8_t *data, size_t size)
{
    g_autofree char *now = NULL;
    gsize len;
    g_assert_true(g_file_get_contents(path, &now, &len, NULL));
    g_assert_cmpmem(now, len, data, size);
}

static void check_ops(GPtrArray *ops)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(ht_uuid_hash, ht_uuid_equal);
    for (guint i = 0; i < ops->len; i++) {
        const HtOp *op = ops->pdata[i];
        g_assert_true(g_hash_table_add(ids, (gpointer)&op->op));
        g_assert_cmpint(ht_json_type(op->body), ==, HT_JSON_OBJECT);
        g_assert_true(g_utf8_validate(op->kind ? op->kind : "", -1, NULL));
        g_assert_nonnull(ht_op_state_name(op->state));
        if (i > 0)
            g_assert_cmpint(((const HtOp *)ops->pdata[i - 1])->seq, <=, op->seq);
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *text = ht_ops_export(ops, true);
    g_autoptr(HtJson) list = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ht_json_length(list), ==, ops->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size > SIZE_MAX_BYTES)
        return 0;
    bool has_wal = data[0] & 1;
    size_t n = has_wal ? MIN((size_t)(data[1] << 8 | data[2]), size - HEAD) : size - HEAD;
    g_autofree char *file = write_file("outbox.db", data + HEAD, n);
    g_autofree char *wal = write_file("outbox.db-wal", data + HEAD + n, size - HEAD - n);
    g_autoptr(GPtrArray) unsent = ht_outbox_salvage(file, false);
    g_autoptr(GPtrArray) all = ht_outbox_salvage(file, true);
    check_ops(unsent);
    check_ops(all);
    g_assert_cmpuint(unsent->len, <=, all->len);
    g_autoptr(GPtrArray) again = ht_outbox_salvage(file, true);
    g_assert_cmpuint(again->len, ==, all->len);
    assert_unchanged(file, data + HEAD, n);
    assert_unchanged(wal, data + HEAD + n, size - HEAD - n);
    return 0;
}
