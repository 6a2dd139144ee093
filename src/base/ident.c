/* Ids come from the kernel's random source. Under HIRETTY_TEST_SEED they come from a seeded
 * generator instead, so that tests and recorded sessions repeat; the sequence belongs to the
 * process. */
#include "hiretty/base/ident.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static GMutex seed_lock;
static GRand *seed_rand; /* NULL: not seeded */
static gsize seed_once;

static void seed_init(void)
{
    if (!g_once_init_enter(&seed_once))
        return;
    const char *seed = g_getenv("HIRETTY_TEST_SEED");
    if (seed && *seed)
        seed_rand = g_rand_new_with_seed((guint32)g_ascii_strtoull(seed, NULL, 10));
    g_once_init_leave(&seed_once, 1);
}

static void seed_fill(guint8 *bytes, gsize len)
{
    g_mutex_lock(&seed_lock);
    for (gsize i = 0; i < len; i++)
        bytes[i] = (guint8)g_rand_int(seed_rand);
    g_mutex_unlock(&seed_lock);
}

static int hex_value(char c)
{
    return g_ascii_xdigit_value(c);
}

void ht_uuid_new_random(HtUuid *out)
{
    seed_init();
    if (seed_rand)
        seed_fill(out->b, sizeof out->b);
    else if (getrandom(out->b, sizeof out->b, 0) != (ssize_t)sizeof out->b)
        g_error("no random numbers from the kernel");
    out->b[6] = (guint8)((out->b[6] & 0x0f) | 0x40);
    out->b[8] = (guint8)((out->b[8] & 0x3f) | 0x80);
}

bool ht_uuid_parse(const char *text, HtUuid *out)
{
    memset(out, 0, sizeof *out);
    if (!text)
        return false;
    HtUuid id;
    gsize at = 0;
    for (gsize i = 0; i < sizeof id.b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text[at++] != '-')
                return false;
        }
        int high = hex_value(text[at]);
        int low = high < 0 ? -1 : hex_value(text[at + 1]);
        if (low < 0)
            return false;
        id.b[i] = (guint8)(high * 16 + low);
        at += 2;
    }
    if (text[at] != '\0')
        return false;
    *out = id;
    return true;
}

char *ht_uuid_format(const HtUuid *id, char out[HT_UUID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (gsize i = 0; i < sizeof id->b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = digits[id->b[i] >> 4];
        *p++ = digits[id->b[i] & 15];
    }
    *p = '\0';
    return out;
}

bool ht_uuid_is_nil(const HtUuid *id)
{
    static const HtUuid nil;
    return memcmp(id, &nil, sizeof nil) == 0;
}

int ht_uuid_compare(const HtUuid *a, const HtUuid *b)
{
    return memcmp(a, b, sizeof *a);
}

HtUuid *ht_uuid_dup(const HtUuid *id)
{
    return g_memdup2(id, sizeof *id);
}

guint ht_uuid_hash(gconstpointer id)
{
    const HtUuid *uuid = id;
    guint h[4];
    memcpy(h, uuid->b, sizeof h);
    return h[0] ^ (h[1] * 2654435761u) ^ (h[2] * 2246822519u) ^ (h[3] * 3266489917u);
}

gboolean ht_uuid_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(HtUuid)) == 0;
}
