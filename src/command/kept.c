/* A full disk takes no words, but whoever typed them has not got them anywhere else: they come back
 * when the same question is asked again. */
#include "context_impl.h"

void ht_context_keep_words(HtContext *context, const char *about, const char *words)
{
    if (!context->kept)
        context->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (words)
        g_hash_table_replace(context->kept, g_strdup(about), g_strdup(words));
    else
        g_hash_table_remove(context->kept, about);
}

const char *ht_context_kept_words(HtContext *context, const char *about)
{
    return context->kept ? g_hash_table_lookup(context->kept, about) : NULL;
}

bool ht_context_has_kept_words(const HtContext *context)
{
    return context->unwritten.text || (context->kept && g_hash_table_size(context->kept) > 0);
}

HtResult ht_result_kept(HtContext *context, const char *command, const GError *error)
{
    const char *key =
        ht_keymap_first_key(context->keymap, ht_view_id(ht_top(context)), ht_command_find(command));
    g_autofree char *by_name = key ? NULL : g_strconcat(":", command, NULL);
    return ht_result_error("%s. %s brings your words back", error ? error->message : "not written",
                           key ? key : by_name);
}
