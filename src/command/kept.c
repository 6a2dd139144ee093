/* A full disk takes no words, but whoever typed them has not got them anywhere else: they come back
 * when the same question is asked again. So do words that were given up with Esc, which is easily
 * pressed; but nobody is asked about those at the end. */
#include "context_impl.h"

#include <string.h>

static void keep(GHashTable **kept, const char *about, const char *words)
{
    if (!*kept)
        *kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (words)
        g_hash_table_replace(*kept, g_strdup(about), g_strdup(words));
    else
        g_hash_table_remove(*kept, about);
}

void ht_context_keep_words(HtContext *context, const char *about, const char *words)
{
    keep(&context->kept, about, words);
}

const char *ht_context_kept_words(HtContext *context, const char *about)
{
    return context->kept ? g_hash_table_lookup(context->kept, about) : NULL;
}

void ht_context_keep_given_up(HtContext *context, const char *about, const char *words)
{
    keep(&context->given_up, about, words);
}

const char *ht_context_given_up(HtContext *context, const char *about)
{
    return context->given_up ? g_hash_table_lookup(context->given_up, about) : NULL;
}

bool ht_context_has_kept_words(const HtContext *context)
{
    return context->kept && g_hash_table_size(context->kept) > 0;
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(HtUuid));
}

static int compare_keys(gconstpointer a, gconstpointer b)
{
    HtKey x = *(const HtKey *)a, y = *(const HtKey *)b;
    return (x > y) - (x < y);
}

static char *checksum(const GArray *array, gsize size)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)array->data,
                                       array->len * size);
}

/* Of ids, for words outlive a generation; of keys where the ids of that many would take too long to
 * be read while somebody waits. In their own order, for a list may be sorted anew. */
char *ht_context_words_about(HtContext *context, const char *what, GArray *keys)
{
    enum { FEW = 500 };
    g_autofree char *all = NULL;
    if (keys->len > FEW) {
        g_autoptr(GArray) sorted = g_array_copy(keys);
        g_array_sort(sorted, compare_keys);
        all = checksum(sorted, sizeof(HtKey));
    } else {
        g_autoptr(GArray) ids = g_array_sized_new(FALSE, TRUE, sizeof(HtUuid), keys->len);
        g_array_set_size(ids, keys->len);
        for (guint i = 0; i < keys->len; i++)
            ht_reader_uuid(context->parts.reader, g_array_index(keys, HtKey, i),
                           &g_array_index(ids, HtUuid, i));
        g_array_sort(ids, compare_ids);
        all = checksum(ids, sizeof(HtUuid));
    }
    return g_strdup_printf("%s %s", what, all);
}

char *ht_context_key_of(HtContext *context, const char *command)
{
    const char *key =
        ht_keymap_first_key(context->keymap, ht_view_id(ht_top(context)), ht_command_find(command));
    return key ? g_strdup(key) : g_strconcat(":", command, NULL);
}

void ht_context_give_up(HtContext *context, const char *about, const char *words,
                        const char *command)
{
    g_autofree char *text = g_strstrip(g_strdup(words));
    ht_context_keep_given_up(context, about, *text ? text : NULL);
    if (!*text)
        return;
    g_autofree char *key = ht_context_key_of(context, command);
    ht_context_set_message(context, HT_STYLE_NORMAL, "Not written. %s brings your words back.",
                           key);
}

HtResult ht_result_kept(HtContext *context, const char *command, const GError *error)
{
    g_autofree char *key = ht_context_key_of(context, command);
    return ht_result_error("%s. %s brings your words back", error ? error->message : "not written",
                           key);
}
