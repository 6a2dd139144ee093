/* 128-bit identifiers (UUIDs) as 16 bytes: keys of every row here and on the server.
 * Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint8 b[16];
} HtUuid;

#define HT_UUID_TEXT 37 /* 36 characters and the NUL */

/* A random version 4 id from the kernel. With HIRETTY_TEST_SEED=N in the environment the ids are a
 * fixed sequence of the process. */
void ht_uuid_new_random(HtUuid *out);

/* Reads the 36-character form, either case. false (and *out nil) for anything else, NULL too. */
bool ht_uuid_parse(const char *text, HtUuid *out);

/* Writes the lower-case 36-character form and returns `out`. */
char *ht_uuid_format(const HtUuid *id, char out[HT_UUID_TEXT]);

bool ht_uuid_is_nil(const HtUuid *id);
int ht_uuid_compare(const HtUuid *a, const HtUuid *b);
/* The same as a newly allocated copy; free with g_free. */
HtUuid *ht_uuid_dup(const HtUuid *id);

/* For GHashTable with HtUuid pointers as keys. */
guint ht_uuid_hash(gconstpointer id);
gboolean ht_uuid_equal(gconstpointer a, gconstpointer b);
