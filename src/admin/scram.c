/* The verifier of a password as PostgreSQL stores it (RFC 5802, RFC 7677): made here, so that the
 * password itself is in no statement, no log and no pg_stat_activity. SASLprep is reduced to NFKC,
 * which is the same for every password that people can type; what a client would map away (soft
 * hyphens and the like) is kept by libpq too when preparation fails. */
#include "hiretty/base/ident.h"
#include "internal.h"

#include <string.h>

#define ITERATIONS 4096
#define SALT_BYTES 16
#define HASH_BYTES 32

static void hmac(const guint8 *key, gsize key_len, const void *data, gsize len,
                 guint8 out[HASH_BYTES])
{
    g_autoptr(GHmac) state = g_hmac_new(G_CHECKSUM_SHA256, key, key_len);
    g_hmac_update(state, data, (gssize)len);
    gsize size = HASH_BYTES;
    g_hmac_get_digest(state, out, &size);
}

/* PBKDF2 with one block. */
static void salted_password(const char *password, const guint8 salt[SALT_BYTES],
                            guint8 out[HASH_BYTES])
{
    const guint8 *key = (const guint8 *)password;
    gsize key_len = strlen(password);
    guint8 first[SALT_BYTES + 4] = {0};
    memcpy(first, salt, SALT_BYTES);
    first[SALT_BYTES + 3] = 1;
    guint8 block[HASH_BYTES];
    hmac(key, key_len, first, sizeof first, block);
    memcpy(out, block, HASH_BYTES);
    for (int i = 1; i < ITERATIONS; i++) {
        hmac(key, key_len, block, HASH_BYTES, block);
        for (int b = 0; b < HASH_BYTES; b++)
            out[b] ^= block[b];
    }
}

static void random_salt(guint8 salt[SALT_BYTES])
{
    HtUuid id;
    /* Two ids, since six bits of each are fixed. */
    ht_uuid_new_random(&id);
    memcpy(salt, id.b, SALT_BYTES);
    ht_uuid_new_random(&id);
    for (int i = 0; i < SALT_BYTES; i++)
        salt[i] ^= id.b[(i + 5) % SALT_BYTES];
}

char *ht_admin_scram_verifier(const char *password, const guint8 *salt, GError **error)
{
    if (!password || !*password || !g_utf8_validate(password, -1, NULL)) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                    "the password is empty or not UTF-8");
        return NULL;
    }
    guint8 own_salt[SALT_BYTES];
    if (!salt) {
        random_salt(own_salt);
        salt = own_salt;
    }
    char *prepared = g_utf8_normalize(password, -1, G_NORMALIZE_ALL_COMPOSE);
    guint8 salted[HASH_BYTES], client_key[HASH_BYTES], server_key[HASH_BYTES];
    salted_password(prepared, salt, salted);
    explicit_bzero(prepared, strlen(prepared));
    g_free(prepared);
    hmac(salted, HASH_BYTES, "Client Key", strlen("Client Key"), client_key);
    hmac(salted, HASH_BYTES, "Server Key", strlen("Server Key"), server_key);
    explicit_bzero(salted, sizeof salted);
    guint8 stored[HASH_BYTES];
    gsize size = sizeof stored;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, client_key, HASH_BYTES);
    g_checksum_get_digest(sum, stored, &size);
    explicit_bzero(client_key, sizeof client_key);
    g_autofree char *salt64 = g_base64_encode(salt, SALT_BYTES);
    g_autofree char *stored64 = g_base64_encode(stored, HASH_BYTES);
    g_autofree char *server64 = g_base64_encode(server_key, HASH_BYTES);
    return g_strdup_printf("SCRAM-SHA-256$%d:%s$%s:%s", ITERATIONS, salt64, stored64, server64);
}
