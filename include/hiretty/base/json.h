/* JSON: parse (bounded), read with defaults, build, print. The only owner of cJSON; nobody else
 * sees it. A tree belongs to one thread at a time. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtJson HtJson;

#define HT_JSON_MAX_BYTES ((gsize)64 * 1024 * 1024)
#define HT_JSON_MAX_DEPTH 100

/* `len` -1: up to NUL. NULL and HT_ERROR_INVALID or HT_ERROR_TOO_BIG; never more than the bounds
 * above; nothing but white space may follow the value. */
HtJson *ht_json_parse(const char *text, gssize len, GError **error);
void ht_json_free(HtJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtJson, ht_json_free)

/* Reading. A NULL `json` is allowed everywhere and reads as "not there". Borrowed results live as
 * long as the tree. A value of another type, null or missing gives the default. Keys are
 * case-sensitive. */
const HtJson *ht_json_get(const HtJson *json, const char *key);
const char *ht_json_get_string(const HtJson *json, const char *key, const char *fallback);
int64_t ht_json_get_int(const HtJson *json, const char *key, int64_t fallback);
double ht_json_get_double(const HtJson *json, const char *key, double fallback);
bool ht_json_get_bool(const HtJson *json, const char *key, bool fallback);
bool ht_json_has(const HtJson *json, const char *key); /* there and not null */

typedef enum {
    HT_JSON_NONE = 0, /* not there */
    HT_JSON_NULL,
    HT_JSON_BOOL,
    HT_JSON_NUMBER,
    HT_JSON_STRING,
    HT_JSON_ARRAY,
    HT_JSON_OBJECT,
} HtJsonType;

HtJsonType ht_json_type(const HtJson *json);
/* The value itself, with a default for another type. */
const char *ht_json_string(const HtJson *json, const char *fallback);
int64_t ht_json_int(const HtJson *json, int64_t fallback);
double ht_json_double(const HtJson *json, double fallback);
bool ht_json_bool(const HtJson *json, bool fallback);

/* Walking arrays and objects:
 * for (const HtJson *e = ht_json_first(a); e; e = ht_json_next(e)) … */
const HtJson *ht_json_first(const HtJson *json);
const HtJson *ht_json_next(const HtJson *element);
const char *ht_json_key(const HtJson *element); /* NULL in arrays */
guint ht_json_length(const HtJson *json);
const HtJson *ht_json_at(const HtJson *array, guint index);

/* Building. `set` replaces; strings are copied (made valid UTF-8), NULL strings become null;
 * integers are exact over the whole 64 bits. `value` is taken over. add_… append to an array. */
HtJson *ht_json_new_object(void);
HtJson *ht_json_new_array(void);
HtJson *ht_json_new_string(const char *value);
HtJson *ht_json_new_int(int64_t value);
HtJson *ht_json_new_null(void);
HtJson *ht_json_dup(const HtJson *json);
void ht_json_set(HtJson *object, const char *key, HtJson *value);
void ht_json_set_string(HtJson *object, const char *key, const char *value);
void ht_json_set_int(HtJson *object, const char *key, int64_t value);
void ht_json_set_double(HtJson *object, const char *key, double value);
void ht_json_set_bool(HtJson *object, const char *key, bool value);
void ht_json_set_null(HtJson *object, const char *key);
void ht_json_remove(HtJson *object, const char *key);
void ht_json_add(HtJson *array, HtJson *value);
void ht_json_add_string(HtJson *array, const char *value);
void ht_json_add_int(HtJson *array, int64_t value);

bool ht_json_equal(const HtJson *a, const HtJson *b);
/* Compact or indented text. Caller frees. */
char *ht_json_print(const HtJson *json, bool pretty);
