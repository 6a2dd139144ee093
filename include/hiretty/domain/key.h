/* Keys: the local surrogate of a server row's uuid. A key is stable within one cache generation;
 * what must outlive it (outbox, exports) uses the uuid. Plain values, any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef int64_t HtKey; /* 0 = none */

/* Keys in display order. */
typedef struct {
    HtKey *keys;
    gsize n;
} HtKeyArray;

HtKeyArray *ht_key_array_new(gsize n);
/* Takes `keys` (g_malloc'ed). */
HtKeyArray *ht_key_array_take(HtKey *keys, gsize n);
void ht_key_array_free(HtKeyArray *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtKeyArray, ht_key_array_free)

/* Index of `key` or -1; linear. */
gssize ht_key_array_find(const HtKeyArray *array, HtKey key);
