/* What the fields of a filter may be asked for, as Tab proposes it. It is in use because somebody
 * wrote it somewhere, so there is no table of it: what is many is told by the newest of it. */
#include "internal.h"

#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"

#include <string.h>

static void add_value(GHashTable *values, const char *text)
{
    g_autofree char *clean = ht_text_sanitize(text ? text : "", -1, HT_TEXT_LINE, NULL);
    g_strstrip(clean);
    char *folded = ht_text_fold(clean);
    if (*folded && !g_hash_table_contains(values, folded))
        g_hash_table_insert(values, folded, g_steal_pointer(&clean));
    else
        g_free(folded);
}

/* "one", or "|one|two|". */
static void add_list(GHashTable *values, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text ? text : "", "|", -1);
    for (int i = 0; list[i]; i++)
        add_value(values, list[i]);
}

static void add_rows(GHashTable *values, HtReader *reader, const char *resource,
                     void (*add)(GHashTable *, const char *))
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, NULL)};
    while (use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
        add(values, ht_stmt_text(use.stmt, 0));
}

static void add_tags(GHashTable *values, HtReader *reader)
{
    g_autoptr(GPtrArray) tags = ht_cache_all_tags(reader, NULL);
    for (guint i = 0; tags && i < tags->len; i++)
        add_value(values, tags->pdata[i]);
}

static void add_reasons(GHashTable *values, HtReader *reader)
{
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++)
        add_value(values, ((const HtReason *)reasons->pdata[i])->code);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

GPtrArray *ht_cache_filter_values(HtReader *reader, HtFilterField field)
{
    g_autoptr(GHashTable) values =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free); /* folded → as written */
    if (field == HT_FIELD_TAG)
        add_tags(values, reader);
    else if (field == HT_FIELD_SOURCE)
        add_rows(values, reader, HT_QUERY("sources_used"), add_value);
    else if (field == HT_FIELD_SKILL)
        add_rows(values, reader, HT_QUERY("skills_used"), add_list);
    else if (field == HT_FIELD_DEPARTMENT)
        add_rows(values, reader, HT_QUERY("departments_used"), add_value);
    else if (field == HT_FIELD_REJECT)
        add_reasons(values, reader);
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(values), by_text);
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    for (const GList *key = keys; key; key = key->next)
        g_ptr_array_add(out, g_strdup(g_hash_table_lookup(values, key->data)));
    return out;
}
