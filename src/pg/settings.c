/* From what a person wrote to what libpq gets. libpq itself tells the effective values (DSN,
 * service file, PG… variables, defaults): an attempt with an impossible gssencmode fails before it
 * touches the network, and by then everything is filled in. The safe values then overwrite what was
 * asked for, never the other way round. */
#include "internal.h"

#include "hiretty/base/text.h"

#include <string.h>
#include <unistd.h>

#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

static void wipe_free(gpointer value)
{
    if (value) {
        explicit_bzero(value, strlen(value));
        g_free(value);
    }
}

void ht_pg_place_free(HtPgPlace *place)
{
    g_free(place->host);
    g_free(place->port);
    g_free(place->address);
    g_free(place);
}

void ht_pg_settings_free(HtPgSettings *settings)
{
    if (!settings)
        return;
    g_ptr_array_unref(settings->names);
    g_ptr_array_unref(settings->values);
    g_ptr_array_unref(settings->places);
    g_free(settings->label);
    g_free(settings->user);
    g_free(settings->warning);
    g_free(settings->passfile_problem);
    g_free(settings);
}

static guint find(const HtPgSettings *settings, const char *name)
{
    guint i = 0;
    while (i < settings->names->len && strcmp(settings->names->pdata[i], name) != 0)
        i++;
    return i;
}

const char *ht_pg_settings_get(const HtPgSettings *settings, const char *name)
{
    guint i = find(settings, name);
    return i < settings->names->len ? settings->values->pdata[i] : NULL;
}

void ht_pg_settings_set(HtPgSettings *settings, const char *name, const char *value)
{
    guint i = find(settings, name);
    if (i < settings->names->len) {
        g_ptr_array_remove_index(settings->names, i);
        g_ptr_array_remove_index(settings->values, i);
    }
    if (value) {
        g_ptr_array_add(settings->names, g_strdup(name));
        g_ptr_array_add(settings->values, g_strdup(value));
    }
}

static void wipe_options(PQconninfoOption *options)
{
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        if (o->val && strstr(o->keyword, "password"))
            explicit_bzero(o->val, strlen(o->val));
    }
    PQconninfoFree(options);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PQconninfoOption, wipe_options)

static bool refuse(GError **error, const char *message)
{
    g_autofree char *line = g_strndup(message, strcspn(message, "\r\n"));
    ht_pg_error_set(error, HT_PG_ERROR_SETUP, NULL,
                    "connection settings: %s (see the connection string)", line);
    return false;
}

/* The effective values as libpq sees them when `name` is set to `value`; nothing is connected. */
static PQconninfoOption *ask_libpq(const char *dsn, const char *name, const char *value,
                                   GError **error)
{
    static const char impossible[] = "none of them";
    const char *names[] = {"dbname", "gssencmode", name, NULL};
    const char *values[] = {dsn ? dsn : "", impossible, value, NULL};
    g_autoptr(PGconn) probe = PQconnectStartParams(names, values, 1);
    g_autoptr(PQconninfoOption) options = probe ? PQconninfo(probe) : NULL;
    if (!options) {
        refuse(error, "out of memory");
        return NULL;
    }
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        if (strcmp(o->keyword, "gssencmode") == 0 && g_strcmp0(o->val, impossible) == 0)
            return g_steal_pointer(&options);
    }
    refuse(error, PQerrorMessage(probe));
    return NULL;
}

/* What a connection of ours may have. Whatever else a libpq knows, now or later (debugging, logs of
 * session keys, replication), is left out. */
static bool is_known(const char *keyword)
{
    static const char *const known[] = {"service",
                                        "host",
                                        "hostaddr",
                                        "port",
                                        "dbname",
                                        "user",
                                        "password",
                                        "passfile",
                                        "options",
                                        "sslmode",
                                        "sslrootcert",
                                        "sslcert",
                                        "sslkey",
                                        "sslpassword",
                                        "sslcrl",
                                        "sslcrldir",
                                        "sslsni",
                                        "ssl_min_protocol_version",
                                        "channel_binding",
                                        "requirepeer",
                                        "ssl_max_protocol_version",
                                        "gssencmode",
                                        "krbsrvname",
                                        "target_session_attrs",
                                        NULL};
    return g_strv_contains(known, keyword);
}

bool ht_pg_dsn_check(const char *dsn, GError **error)
{
    char *problem = NULL;
    g_autoptr(PQconninfoOption) syntax = PQconninfoParse(dsn, &problem);
    if (syntax)
        return true;
    refuse(error, problem ? problem : "not understood");
    PQfreemem(problem);
    return false;
}

static bool read_effective(HtPgSettings *settings, const char *dsn, GError **error)
{
    if (!ht_pg_dsn_check(dsn ? dsn : "", error))
        return false;
    /* Asked twice, because libpq looks into the password file unless there is a password. */
    g_autoptr(PQconninfoOption) file = ask_libpq(dsn, "password", "none", error);
    g_autoptr(PQconninfoOption) options =
        file ? ask_libpq(dsn, "passfile", ht_pg_passfile_none(), error) : NULL;
    if (!options)
        return false;
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        if (o->val && *o->val && is_known(o->keyword))
            ht_pg_settings_set(settings, o->keyword, o->val);
    }
    ht_pg_settings_set(settings, "passfile", NULL);
    for (const PQconninfoOption *o = file; o->keyword; o++) {
        if (o->val && *o->val && strcmp(o->keyword, "passfile") == 0)
            ht_pg_settings_set(settings, "passfile", o->val);
    }
    return true;
}

static const char *nth(char **list, guint i)
{
    guint n = g_strv_length(list);
    return i < n ? list[i] : n == 1 ? list[0] : "";
}

static bool split_places(HtPgSettings *settings, GError **error)
{
    const char *texts[] = {ht_pg_settings_get(settings, "host"),
                           ht_pg_settings_get(settings, "hostaddr"),
                           ht_pg_settings_get(settings, "port")};
    g_auto(GStrv) hosts = g_strsplit(texts[0] ? texts[0] : "", ",", 64);
    g_auto(GStrv) addresses = g_strsplit(texts[1] ? texts[1] : "", ",", 64);
    g_auto(GStrv) ports = g_strsplit(texts[2] ? texts[2] : "5432", ",", 64);
    guint n = MAX(1, MAX(g_strv_length(hosts), g_strv_length(addresses)));
    if (g_strv_length(ports) > 1 && g_strv_length(ports) != n)
        return refuse(error, "as many ports as hosts are needed");
    for (guint i = 0; i < n; i++) {
        const char *host = i < g_strv_length(hosts) ? hosts[i] : "";
        const char *address = i < g_strv_length(addresses) ? addresses[i] : "";
        const char *port = nth(ports, i);
        HtPgPlace *place = g_new0(HtPgPlace, 1);
        place->host = g_strdup(host);
        place->port = g_strdup(*port ? port : "5432");
        place->address = *address ? g_strdup(address) : NULL;
        place->is_local = !*address && (!*host || *host == '/' || *host == '@');
        g_ptr_array_add(settings->places, place);
    }
    ht_pg_settings_set(settings, "host", NULL);
    ht_pg_settings_set(settings, "hostaddr", NULL);
    ht_pg_settings_set(settings, "port", NULL);
    return true;
}

static bool is_all_local(const HtPgSettings *settings)
{
    for (guint i = 0; i < settings->places->len; i++) {
        const HtPgPlace *place = settings->places->pdata[i];
        if (!place->is_local)
            return false;
    }
    return true;
}

static bool set_roots(HtPgSettings *settings, const HtPgOptions *options, GError **error)
{
    const char *roots = options->root_certificate;
    if (!roots || !*roots)
        roots = ht_pg_settings_get(settings, "sslrootcert");
    if (!roots || strcmp(roots, "system") == 0)
        roots = SYSTEM_ROOTS;
    if (access(roots, R_OK) != 0) {
        ht_pg_error_set(
            error, HT_PG_ERROR_SETUP, NULL,
            "root certificates: %s cannot be read (sslrootcert in the connection string "
            "names the file)",
            roots);
        return false;
    }
    g_autofree char *copy = g_strdup(roots);
    ht_pg_settings_set(settings, "sslrootcert", copy);
    return true;
}

static const char *weakness(const char *mode)
{
    if (strcmp(mode, "disable") == 0)
        return "not encrypted: others on the network can read and change everything";
    if (strcmp(mode, "allow") == 0 || strcmp(mode, "prefer") == 0)
        return "perhaps not encrypted, and the server does not prove who it is";
    if (strcmp(mode, "require") == 0)
        return "encrypted, but the server does not prove who it is";
    return "encrypted, but the server's name is not checked";
}

/* What TLS can still do when the certificate is not checked: with channel binding a server in the
 * middle gets no password, whatever it asks for. */
static bool secure_weakly(HtPgSettings *settings, const HtPgOptions *options, const char *mode,
                          GError **error)
{
    const char *binding = ht_pg_settings_get(settings, "channel_binding");
    bool is_encrypted = strcmp(mode, "require") == 0 || strcmp(mode, "verify-ca") == 0;
    if (is_encrypted && g_strcmp0(binding, "disable") != 0)
        ht_pg_settings_set(settings, "channel_binding", "require");
    settings->is_weak = true;
    settings->warning =
        g_strdup_printf("connection to %s: %s (sslmode=%s)", settings->label, weakness(mode), mode);
    return strcmp(mode, "verify-ca") != 0 || set_roots(settings, options, error);
}

/* Never below TLS 1.2, which is libpq's own floor unless somebody lowers it. */
static void raise_floor(HtPgSettings *settings)
{
    const char *least = ht_pg_settings_get(settings, "ssl_min_protocol_version");
    if (g_strcmp0(least, "TLSv1.3") != 0)
        ht_pg_settings_set(settings, "ssl_min_protocol_version", "TLSv1.2");
}

static bool secure(HtPgSettings *settings, const HtPgOptions *options, GError **error)
{
    g_autofree char *mode = g_strdup(ht_pg_settings_get(settings, "sslmode"));
    ht_pg_settings_set(settings, "gssencmode", "disable");
    if (is_all_local(settings)) {
        ht_pg_settings_set(settings, "channel_binding", "disable");
        ht_pg_settings_set(settings, "sslmode", "disable");
        return true;
    }
    if (!mode)
        mode = g_strdup("prefer");
    static const char *const modes[] = {"disable",   "allow",       "prefer", "require",
                                        "verify-ca", "verify-full", NULL};
    if (!g_strv_contains(modes, mode))
        return refuse(error, "sslmode has an unknown value");
    raise_floor(settings);
    if (options->allow_weak_tls && strcmp(mode, "verify-full") != 0)
        return secure_weakly(settings, options, mode, error);
    if (strcmp(mode, "disable") == 0) {
        ht_pg_error_set(error, HT_PG_ERROR_SETUP, NULL,
                        "connection settings: sslmode=disable would send everything unencrypted "
                        "(remove it; allow_insecure under [connect] allows what is weak)");
        return false;
    }
    ht_pg_settings_set(settings, "sslmode", "verify-full");
    ht_pg_settings_set(settings, "channel_binding", "require");
    return set_roots(settings, options, error);
}

static void describe(HtPgSettings *settings)
{
    const HtPgPlace *place = settings->places->pdata[0];
    const char *user = ht_pg_settings_get(settings, "user");
    const char *database = ht_pg_settings_get(settings, "dbname");
    if (!database)
        database = user;
    const char *host = *place->host ? place->host : place->address;
    g_autofree char *raw = NULL;
    if (place->is_local)
        raw = g_strdup(*place->host ? place->host : "local socket");
    else
        raw = g_strdup_printf("%s:%s/%s", host ? host : "?", place->port, database ? database : "");
    settings->label = ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
    settings->user = ht_text_sanitize(user, -1, HT_TEXT_LINE, NULL);
}

static void add_note(HtPgSettings *settings, const char *note)
{
    if (!note)
        return;
    char *both =
        settings->warning ? g_strdup_printf("%s; %s", settings->warning, note) : g_strdup(note);
    g_free(settings->warning);
    settings->warning = both;
}

HtPgSettings *ht_pg_settings_new(const HtPgOptions *options, GError **error)
{
    g_autoptr(HtPgSettings) settings = g_new0(HtPgSettings, 1);
    settings->names = g_ptr_array_new_with_free_func(g_free);
    settings->values = g_ptr_array_new_with_free_func(wipe_free);
    settings->places = g_ptr_array_new_with_free_func((GDestroyNotify)ht_pg_place_free);
    if (!read_effective(settings, options->dsn, error) || !split_places(settings, error))
        return NULL;
    describe(settings);
    if (!secure(settings, options, error))
        return NULL;
    if (options->password_text && !ht_pg_settings_get(settings, "password"))
        ht_pg_settings_set(settings, "password", options->password_text);
    if (options->password_typed)
        ht_pg_settings_set(settings, "password", options->password_typed);
    ht_pg_passfile_choose(settings);
    add_note(settings, options->note);
    static const char *const fixed[][2] = {
        {"keepalives", "1"},
        {"keepalives_idle", "5"},
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "8000"},
        {"connect_timeout", "10"},
        {"client_encoding", "UTF8"},
        {"service", NULL},
        {"fallback_application_name", NULL},
        {"sslcompression", "0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        ht_pg_settings_set(settings, fixed[i][0], fixed[i][1]);
    /* Ours stand last and win: texts that both sides compute must not depend on where the server
     * stands or what its configuration prefers. Compiling a statement costs more than any of ours
     * runs: policies make plans look expensive. A session that we gave up must not wait for a lock
     * for ever: the server looks whether we are still there. */
    static const char ours[] =
        "-c jit=off -c client_connection_check_interval=5s -c TimeZone=UTC -c DateStyle=ISO,MDY "
        "-c IntervalStyle=postgres -c extra_float_digits=1 "
        "-c bytea_output=hex -c standard_conforming_strings=on "
        "-c row_security=on";
    const char *asked = ht_pg_settings_get(settings, "options");
    g_autofree char *all = g_strdup_printf("%s %s", asked ? asked : "", ours);
    ht_pg_settings_set(settings, "options", g_strstrip(all));
    ht_pg_settings_set(settings, "application_name",
                       options->application_name ? options->application_name : "hiretty");
    return g_steal_pointer(&settings);
}

char *ht_pg_options_user(const HtPgOptions *options)
{
    g_autoptr(HtPgSettings) settings = ht_pg_settings_new(options, NULL);
    return settings ? g_steal_pointer(&settings->user) : NULL;
}

char *ht_pg_options_server(const HtPgOptions *options)
{
    g_autoptr(HtPgSettings) settings = ht_pg_settings_new(options, NULL);
    return settings ? g_steal_pointer(&settings->label) : NULL;
}

/* The names that every machine has for itself are one; other names and addresses say nothing about
 * each other. NULL: none. */
static char *plain_host(const char *host)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "::1", NULL};
    if (!host || *host == '/' || *host == '@')
        return g_strdup(host);
    g_autofree char *folded = g_ascii_strdown(host, -1);
    return g_strv_contains(own, folded) ? g_strdup(own[0]) : g_steal_pointer(&folded);
}

char *ht_pg_options_identity(const HtPgOptions *options)
{
    g_autoptr(HtPgSettings) settings = ht_pg_settings_new(options, NULL);
    if (!settings)
        return NULL;
    const char *user = ht_pg_settings_get(settings, "user");
    const char *database = ht_pg_settings_get(settings, "dbname");
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < settings->places->len; i++) {
        const HtPgPlace *place = settings->places->pdata[i];
        bool is_named = *place->host || !place->address;
        g_autofree char *host = plain_host(is_named ? place->host : place->address);
        g_autofree char *address = plain_host(place->address);
        bool is_told = address && strcmp(address, host) != 0;
        g_string_append_printf(text, "%s\n%s\n%s\n", host, is_told ? address : "", place->port);
    }
    g_string_append_printf(text, "%s\n%s\n",
                           database ? database
                           : user   ? user
                                    : "",
                           user ? user : "");
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
}

char *ht_pg_options_warning(const HtPgOptions *options)
{
    g_autoptr(HtPgSettings) settings = ht_pg_settings_new(options, NULL);
    return settings ? g_steal_pointer(&settings->warning) : NULL;
}

bool ht_pg_dsn_has_password(const char *dsn)
{
    g_autoptr(PQconninfoOption) options = PQconninfoParse(dsn ? dsn : "", NULL);
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        if (o->val && *o->val && strstr(o->keyword, "password"))
            return true;
    }
    return false;
}
