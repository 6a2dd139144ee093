/* HtJson is cJSON under another name, so that the type costs nothing and no other layer sees the
 * library. cJSON keeps numbers as double: integers are read exactly up to 2^53 and written exactly
 * up to 2^52, which covers microseconds and counters. */
#include "hiretty/base/json.h"

#include "hiretty/base/error.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

static cJSON *node(HtJson *json)
{
    return (cJSON *)json;
}

static const cJSON *view(const HtJson *json)
{
    return (const cJSON *)json;
}

static HtJson *wrap(cJSON *item)
{
    if (!item)
        g_error("out of memory for JSON");
    return (HtJson *)item;
}

/* true while the nesting outside of strings stays within the bound. */
static bool depth_is_bounded(const char *text, gsize len)
{
    guint depth = 0;
    bool in_string = false;
    for (gsize i = 0; i < len; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > HT_JSON_MAX_DEPTH)
            return false;
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return true;
}

HtJson *ht_json_parse(const char *text, gssize len, GError **error)
{
    gsize size = !text ? 0 : len < 0 ? strlen(text) : (gsize)len;
    if (!text || !g_utf8_validate(text, (gssize)size, NULL)) {
        g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID, "JSON is not UTF-8");
        return NULL;
    }
    if (size > HT_JSON_MAX_BYTES || !depth_is_bounded(text, size)) {
        g_set_error_literal(error, HT_ERROR, HT_ERROR_TOO_BIG, "JSON is too large or too deep");
        return NULL;
    }
    g_autofree char *copy =
        g_strndup(text, size); /* cJSON 1.7.15 looks at the byte after the end */
    const char *end = NULL;
    cJSON *item = cJSON_ParseWithLengthOpts(copy, size + 1, &end, true);
    if (!item) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "JSON is malformed at byte %u",
                    end ? (guint)(end - copy) : 0);
        return NULL;
    }
    return wrap(item);
}

void ht_json_free(HtJson *json)
{
    cJSON_Delete(node(json));
}

const HtJson *ht_json_get(const HtJson *json, const char *key)
{
    return (const HtJson *)cJSON_GetObjectItemCaseSensitive(view(json), key);
}

bool ht_json_has(const HtJson *json, const char *key)
{
    return ht_json_type(ht_json_get(json, key)) > HT_JSON_NULL;
}

HtJsonType ht_json_type(const HtJson *json)
{
    static const struct {
        int theirs;
        HtJsonType ours;
    } types[] = {
        {cJSON_NULL, HT_JSON_NULL},   {cJSON_False, HT_JSON_BOOL},
        {cJSON_True, HT_JSON_BOOL},   {cJSON_Number, HT_JSON_NUMBER},
        {cJSON_Raw, HT_JSON_NUMBER},  {cJSON_String, HT_JSON_STRING},
        {cJSON_Array, HT_JSON_ARRAY}, {cJSON_Object, HT_JSON_OBJECT},
    };
    for (gsize i = 0; json && i < G_N_ELEMENTS(types); i++) {
        if ((view(json)->type & 0xff) == types[i].theirs)
            return types[i].ours;
    }
    return HT_JSON_NONE;
}

const char *ht_json_string(const HtJson *json, const char *fallback)
{
    return json && cJSON_IsString(view(json)) ? view(json)->valuestring : fallback;
}

double ht_json_double(const HtJson *json, double fallback)
{
    if (!json)
        return fallback;
    if (cJSON_IsRaw(view(json)))
        return g_ascii_strtod(view(json)->valuestring, NULL);
    return cJSON_IsNumber(view(json)) ? view(json)->valuedouble : fallback;
}

int64_t ht_json_int(const HtJson *json, int64_t fallback)
{
    if (json && cJSON_IsRaw(view(json)))
        return g_ascii_strtoll(view(json)->valuestring, NULL, 10);
    double value = ht_json_double(json, NAN);
    if (isnan(value) || value < -9.2e18 || value > 9.2e18)
        return fallback;
    return (int64_t)value;
}

bool ht_json_bool(const HtJson *json, bool fallback)
{
    return json && cJSON_IsBool(view(json)) ? cJSON_IsTrue(view(json)) : fallback;
}

const char *ht_json_get_string(const HtJson *json, const char *key, const char *fallback)
{
    return ht_json_string(ht_json_get(json, key), fallback);
}

int64_t ht_json_get_int(const HtJson *json, const char *key, int64_t fallback)
{
    return ht_json_int(ht_json_get(json, key), fallback);
}

double ht_json_get_double(const HtJson *json, const char *key, double fallback)
{
    return ht_json_double(ht_json_get(json, key), fallback);
}

bool ht_json_get_bool(const HtJson *json, const char *key, bool fallback)
{
    return ht_json_bool(ht_json_get(json, key), fallback);
}

const HtJson *ht_json_first(const HtJson *json)
{
    bool walks = json && (cJSON_IsArray(view(json)) || cJSON_IsObject(view(json)));
    return walks ? (const HtJson *)view(json)->child : NULL;
}

const HtJson *ht_json_next(const HtJson *element)
{
    return element ? (const HtJson *)view(element)->next : NULL;
}

const char *ht_json_key(const HtJson *element)
{
    return element ? view(element)->string : NULL;
}

guint ht_json_length(const HtJson *json)
{
    guint n = 0;
    for (const HtJson *e = ht_json_first(json); e; e = ht_json_next(e))
        n++;
    return n;
}

const HtJson *ht_json_at(const HtJson *array, guint index)
{
    const HtJson *e = ht_json_first(array);
    for (; e && index > 0; index--)
        e = ht_json_next(e);
    return e;
}

HtJson *ht_json_new_object(void)
{
    return wrap(cJSON_CreateObject());
}

HtJson *ht_json_new_array(void)
{
    return wrap(cJSON_CreateArray());
}

HtJson *ht_json_new_null(void)
{
    return wrap(cJSON_CreateNull());
}

HtJson *ht_json_new_string(const char *value)
{
    if (!value)
        return ht_json_new_null();
    if (g_utf8_validate(value, -1, NULL))
        return wrap(cJSON_CreateString(value));
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    return wrap(cJSON_CreateString(valid));
}

/* cJSON would write large round numbers as 1.7e+15. */
HtJson *ht_json_new_int(int64_t value)
{
    if (value >= G_MININT32 && value <= G_MAXINT32)
        return wrap(cJSON_CreateNumber((double)value));
    char digits[32];
    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, value);
    return wrap(cJSON_CreateRaw(digits));
}

HtJson *ht_json_dup(const HtJson *json)
{
    return json ? wrap(cJSON_Duplicate(view(json), true)) : NULL;
}

void ht_json_set(HtJson *object, const char *key, HtJson *value)
{
    g_return_if_fail(ht_json_type(object) == HT_JSON_OBJECT && value);
    cJSON_DeleteItemFromObjectCaseSensitive(node(object), key);
    cJSON_AddItemToObject(node(object), key, node(value));
}

void ht_json_set_string(HtJson *object, const char *key, const char *value)
{
    ht_json_set(object, key, ht_json_new_string(value));
}

void ht_json_set_int(HtJson *object, const char *key, int64_t value)
{
    ht_json_set(object, key, ht_json_new_int(value));
}

void ht_json_set_double(HtJson *object, const char *key, double value)
{
    ht_json_set(object, key, wrap(cJSON_CreateNumber(value)));
}

void ht_json_set_bool(HtJson *object, const char *key, bool value)
{
    ht_json_set(object, key, wrap(cJSON_CreateBool(value)));
}

void ht_json_set_null(HtJson *object, const char *key)
{
    ht_json_set(object, key, ht_json_new_null());
}

void ht_json_remove(HtJson *object, const char *key)
{
    cJSON_DeleteItemFromObjectCaseSensitive(node(object), key);
}

void ht_json_add(HtJson *array, HtJson *value)
{
    g_return_if_fail(ht_json_type(array) == HT_JSON_ARRAY && value);
    cJSON_AddItemToArray(node(array), node(value));
}

void ht_json_add_string(HtJson *array, const char *value)
{
    ht_json_add(array, ht_json_new_string(value));
}

void ht_json_add_int(HtJson *array, int64_t value)
{
    ht_json_add(array, ht_json_new_int(value));
}

/* Our large integers are raw text, parsed ones are numbers: cJSON_Compare calls them different. */
static bool numbers_equal(const HtJson *a, const HtJson *b)
{
    if (cJSON_IsRaw(view(a)) && cJSON_IsRaw(view(b)))
        return strcmp(view(a)->valuestring, view(b)->valuestring) == 0;
    double x = ht_json_double(a, 0), y = ht_json_double(b, 0);
    return !(x < y) && !(x > y);
}

static bool members_equal(const HtJson *a, const HtJson *b, bool keyed)
{
    if (ht_json_length(a) != ht_json_length(b))
        return false;
    const HtJson *other = ht_json_first(b);
    for (const HtJson *e = ht_json_first(a); e; e = ht_json_next(e)) {
        const HtJson *twin = keyed ? ht_json_get(b, ht_json_key(e)) : other;
        if (!twin || !ht_json_equal(e, twin))
            return false;
        other = ht_json_next(other);
    }
    return true;
}

bool ht_json_equal(const HtJson *a, const HtJson *b)
{
    HtJsonType type = ht_json_type(a);
    if (type != ht_json_type(b))
        return false;
    switch (type) {
    case HT_JSON_BOOL:
        return ht_json_bool(a, false) == ht_json_bool(b, false);
    case HT_JSON_NUMBER:
        return numbers_equal(a, b);
    case HT_JSON_STRING:
        return strcmp(ht_json_string(a, ""), ht_json_string(b, "")) == 0;
    case HT_JSON_ARRAY:
    case HT_JSON_OBJECT:
        return members_equal(a, b, type == HT_JSON_OBJECT);
    case HT_JSON_NONE:
    case HT_JSON_NULL:
    default:
        return true;
    }
}

char *ht_json_print(const HtJson *json, bool pretty)
{
    char *text = pretty ? cJSON_Print(view(json)) : cJSON_PrintUnformatted(view(json));
    if (!text)
        g_error("out of memory for JSON");
    char *copy = g_strdup(text);
    cJSON_free(text);
    return copy;
}
