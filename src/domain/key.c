/* Arrays of keys: a list on the screen is one of these, eight bytes a row, whatever its length. */
#include "hiretty/domain/key.h"

HtKeyArray *ht_key_array_new(gsize n)
{
    return ht_key_array_take(g_new0(HtKey, n), n);
}

HtKeyArray *ht_key_array_take(HtKey *keys, gsize n)
{
    HtKeyArray *array = g_new(HtKeyArray, 1);
    *array = (HtKeyArray){.keys = keys, .n = n};
    return array;
}

void ht_key_array_free(HtKeyArray *array)
{
    if (!array)
        return;
    g_free(array->keys);
    g_free(array);
}

gssize ht_key_array_find(const HtKeyArray *array, HtKey key)
{
    for (gsize i = 0; i < array->n; i++)
        if (array->keys[i] == key)
            return (gssize)i;
    return -1;
}
