/* One look at the server for people: connect, read the greeting, close. Nothing is written on
 * either side, and no lock is taken: it may run beside a sync. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"

#include <string.h>

static void copy(char *out, gsize size, const char *text)
{
    g_autofree char *clean = ht_text_sanitize(text ? text : "", -1, HT_TEXT_LINE, NULL);
    g_utf8_strncpy(out, clean, (gsize)(size - 1) / 4);
}

/* The server's clock against ours, at the middle of the round trip. */
static int64_t clock_ahead_us(const char *text, gssize len, int64_t began_us, int64_t ended_us)
{
    g_autoptr(HtJson) json = ht_json_parse(text, len, NULL);
    int64_t there = ht_json_get_int(json, "server_time_us", 0);
    return there ? there - (began_us + (ended_us - began_us) / 2) : 0;
}

static bool ask(HtPgConnection *pg, HtSyncProbe *out, GError **error)
{
    HtPgParam param = {.text = "{}"};
    int64_t began_us = ht_clock_now_us();
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, ht_sync_sql("hello"), &param, 1, error);
    if (!rows)
        return false;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    gsize len = 0;
    const char *text = ht_pg_field_text(&field, &len);
    g_autoptr(HtSyncHello) hello = ht_sync_hello_parse(text, (gssize)len, error);
    if (!hello)
        return false;
    out->clock_ahead_us = clock_ahead_us(text, (gssize)len, began_us, ht_clock_now_us());
    out->is_member = !hello->is_refused;
    out->schema_version = hello->schema_version;
    copy(out->tenant, sizeof out->tenant, hello->tenant_name);
    copy(out->role, sizeof out->role, hello->role);
    return true;
}

bool ht_sync_probe(const HtPgOptions *connection, HtSyncProbe *out, GError **error)
{
    memset(out, 0, sizeof *out);
    out->known_schema = HT_SCHEMA_VERSION;
    g_autoptr(HtPgConnection) pg = ht_pg_connect(connection, NULL, error);
    if (!pg)
        return false;
    out->is_reached = true;
    out->server_version = ht_pg_server_version(pg);
    copy(out->server, sizeof out->server, ht_pg_server_label(pg));
    copy(out->login, sizeof out->login, ht_pg_user(pg));
    copy(out->warning, sizeof out->warning, ht_pg_warning(pg));
    ht_pg_tls(pg, out->tls, sizeof out->tls);
    return ask(pg, out, error);
}
