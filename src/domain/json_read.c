/* JSON columns are written by the platform, by imports and by models: every member may be missing
 * or of another type, and that must read as "not there". */
#include "json_read.h"

#include "hiretty/base/clock.h"

char *ht_domain_json_text(const HtJson *json, const char *key)
{
    const char *text = ht_json_get_string(json, key, NULL);
    return text && *text ? g_strdup(text) : NULL;
}

char **ht_domain_json_texts(const HtJson *json, const char *key)
{
    GPtrArray *texts = g_ptr_array_new();
    for (const HtJson *e = ht_json_first(ht_json_get(json, key)); e; e = ht_json_next(e)) {
        const char *text = ht_json_string(e, NULL);
        if (text && *text)
            g_ptr_array_add(texts, g_strdup(text));
    }
    g_ptr_array_add(texts, NULL);
    return (char **)g_ptr_array_free(texts, FALSE);
}

int64_t ht_domain_json_time(const HtJson *json, const char *key)
{
    int64_t us = 0;
    const char *text = ht_json_get_string(json, key, NULL);
    return text && ht_clock_parse_iso(text, &us) ? us : 0;
}
