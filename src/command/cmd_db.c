/* `hiretty db`: an administrator's verbs. Passwords come from a prompt, standard input or a private
 * file, never from the command line, where every user of the machine can read them. */
#include "cmd_db.h"

#include "hiretty/admin/admin.h"
#include "hiretty/base/error.h"
#include "hiretty/base/json.h"
#include "hiretty/base/limits.h"
#include "hiretty/base/print.h"
#include "hiretty/base/secret.h"
#include "hiretty/base/text.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 32 }; /* more than a connection, its resolver and a prompt ever hold */

/* Everything the sub-verbs take; one parse serves them all. */
typedef struct {
    gboolean help, json, quiet, password_prompt, password_stdin, dry_run;
    int keep_days;
    char *dsn, *password_file;
    char *tenant, *role, *email, *name, *first_name, *last_name, *timezone, *login, *slug;
} Options;

typedef struct {
    const char *name, *usage, *summary;
    const char *options; /* those that it looks at, beside --json, --quiet and --dsn */
    bool (*check)(const Options *options,
                  GError **error); /* before anything is asked; may be NULL */
    int (*run)(HtPgConnection *pg, const Options *options);
} SubVerb;

static void options_clear(Options *options)
{
    char **const texts[] = {&options->dsn,       &options->password_file, &options->tenant,
                            &options->role,      &options->email,         &options->name,
                            &options->last_name, &options->first_name,    &options->timezone,
                            &options->login,     &options->slug};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static int fail(GError *error)
{
    int code = HT_EXIT_FAILED;
    if (error->domain == HT_PG_ERROR) {
        switch ((HtPgError)error->code) {
        case HT_PG_ERROR_OFFLINE:
        case HT_PG_ERROR_SERVER:
        case HT_PG_ERROR_CANCELLED:
            code = HT_EXIT_OFFLINE;
            break;
        case HT_PG_ERROR_AUTH:
        case HT_PG_ERROR_REFUSED:
        case HT_PG_ERROR_DENIED:
        case HT_PG_ERROR_TLS:
            code = HT_EXIT_REFUSED;
            break;
        case HT_PG_ERROR_SETUP:
            code = HT_EXIT_USAGE;
            break;
        case HT_PG_ERROR_FAILED:
        case HT_PG_ERROR_RETRY:
        case HT_PG_ERROR_DATA:
        case HT_PG_ERROR_SCHEMA:
        case HT_PG_ERROR_PROTOCOL:
        case HT_PG_ERROR_LARGE:
        default:
            break;
        }
    } else if (error->domain == HT_ADMIN_ERROR) {
        code = error->code == HT_ADMIN_ERROR_INVALID   ? HT_EXIT_USAGE
               : error->code == HT_ADMIN_ERROR_MISSING ? HT_EXIT_FAILED
                                                       : HT_EXIT_REFUSED;
    }
    ht_print_error(error->message, NULL, NULL);
    return code;
}

static const char *s_of(int64_t n)
{
    return ht_text_plural(n, "", "s");
}

static void print_json(const HtJson *json)
{
    g_autofree char *text = ht_json_print(json, false);
    ht_print_json(stdout, text);
}

/* ---- passwords ----------------------------------------------------------------------------------
 */

/* HtPgPasswordFunc: three tries. */
static char *ask_login_password(const char *user, const char *server, int attempt, gpointer data)
{
    (void)data;
    if (attempt >= 3)
        return NULL;
    g_autofree char *question = g_strdup_printf("password of %s at %s", user, server);
    return ht_secret_ask(question);
}

/* As with libpq's password file: what others may have read is no password any more, and making the
 * file private now would only hide that. */
static bool is_private(const char *file, GError **error)
{
    GStatBuf st;
    if (g_lstat(file, &st) != 0 || !(st.st_mode & 077))
        return true; /* or not there, which loading says */
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                "%s: others may read or write it (chmod 600, and take another password)", file);
    return false;
}

/* The new password of a member; *password stays NULL when none was wanted. */
static bool take_password(const Options *options, char **password, GError **error)
{
    if (options->password_stdin) {
        *password = ht_secret_read(STDIN_FILENO);
    } else if (options->password_file) {
        gsize len = 0;
        if (!is_private(options->password_file, error))
            return false;
        char *text = ht_file_load_private(options->password_file, HT_SECRET_MAX, &len, error);
        if (!text)
            return false;
        text[strcspn(text, "\r\n")] = '\0';
        *password = text;
    } else if (options->password_prompt) {
        char *first = ht_secret_ask("new password");
        char *again = first ? ht_secret_ask("again") : NULL;
        bool is_same = first && again && strcmp(first, again) == 0;
        ht_secret_free(again);
        if (!is_same) {
            ht_secret_free(first);
            g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                        "no password was given, or not the same one twice");
            return false;
        }
        *password = first;
    } else {
        return true;
    }
    if (!*password || !**password)
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID, "the password is empty");
    return *password && **password;
}

/* ---- sub-verbs ----------------------------------------------------------------------------------
 */

static void print_step(int version, const char *name, gpointer data)
{
    const Options *options = data;
    if (!options->json && !options->quiet)
        ht_print_line(stdout, "%03d %s", version, name);
}

static int run_apply(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    HtAdminApplied applied;
    Options copy = *options;
    if (!ht_admin_apply(pg, print_step, &copy, &applied, &error))
        return fail(error);
    if (options->json) {
        g_autoptr(HtJson) json = ht_json_new_object();
        ht_json_set_int(json, "from", applied.from);
        ht_json_set_int(json, "to", applied.to);
        ht_json_set_int(json, "applied", applied.applied);
        print_json(json);
    } else if (!options->quiet) {
        if (applied.applied)
            ht_print_line(stdout, "schema version %d, %d migration%s applied", applied.to,
                          applied.applied, s_of(applied.applied));
        else
            ht_print_line(stdout, "schema version %d, nothing to do", applied.to);
    }
    return HT_EXIT_DONE;
}

/* Quiet: violations alone, so that no output means all is well. */
static void print_findings(const GPtrArray *findings, guint violations, bool is_quiet)
{
    for (guint i = 0; i < findings->len; i++) {
        const HtAdminFinding *finding = findings->pdata[i];
        if (is_quiet && finding->is_advice)
            continue;
        ht_print_line(stdout, "%s %s: %s: %s", finding->is_advice ? "advice   " : "violation",
                      finding->rule, finding->object, finding->detail);
    }
    if (!is_quiet)
        ht_print_line(stdout, "%u violation%s, %u piece%s of advice", violations, s_of(violations),
                      findings->len - violations, s_of(findings->len - violations));
}

static int run_check(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = ht_admin_check(pg, &error);
    if (!findings)
        return fail(error);
    guint violations = 0;
    g_autoptr(HtJson) list = ht_json_new_array();
    for (guint i = 0; i < findings->len; i++) {
        const HtAdminFinding *finding = findings->pdata[i];
        violations += finding->is_advice ? 0 : 1;
        HtJson *item = ht_json_new_object();
        ht_json_set_string(item, "severity", finding->is_advice ? "advice" : "violation");
        ht_json_set_string(item, "rule", finding->rule);
        ht_json_set_string(item, "object", finding->object);
        ht_json_set_string(item, "detail", finding->detail);
        ht_json_add(list, item);
    }
    if (options->json)
        print_json(list);
    else
        print_findings(findings, violations, options->quiet);
    return violations ? HT_EXIT_FAILED : HT_EXIT_DONE;
}

static bool check_add_tenant(const Options *options, GError **error)
{
    if (options->name && options->slug)
        return true;
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                "add-tenant needs --name and --slug");
    return false;
}

static int run_add_tenant(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    if (!ht_admin_add_tenant(pg, options->name, options->slug, options->timezone, &id, &error))
        return fail(error);
    if (options->json) {
        g_autoptr(HtJson) json = ht_json_new_object();
        ht_json_set_string(json, "tenant", id);
        print_json(json);
    } else {
        ht_print_line(stdout, "%s", id);
    }
    return HT_EXIT_DONE;
}

/* Both may be meant, but neither is what somebody wants who forgot it. */
static void say_missing(const Options *options, const HtAdminAdded *added)
{
    bool has_password =
        options->password_prompt || options->password_stdin || options->password_file;
    if (options->quiet || !added->is_new)
        return;
    if (!has_password)
        ht_print_error("add-member", "the login has no password yet",
                       "run it again with --password, unless it signs in by other means");
    if (!options->name && !options->first_name && !options->last_name)
        ht_print_error("add-member", "the member has no name: colleagues see the e-mail address",
                       "run it again with --first-name and --last-name");
}

static bool check_add_member(const Options *options, GError **error)
{
    const HtAdminMember member = {.tenant = options->tenant,
                                  .role = options->role,
                                  .email = options->email,
                                  .login = options->login};
    const char *file = options->password_file;
    if (!options->tenant || !options->role || !options->email) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                    "add-member needs --tenant, --role and --email");
        return false;
    }
    if (!ht_admin_member_check(&member, error) || (file && !is_private(file, error)))
        return false;
    if (!file || g_access(file, R_OK) == 0)
        return true;
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID, "--password-file: %s: %s", file,
                g_strerror(errno));
    return false;
}

static int run_add_member(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) names = options->name ? g_strsplit(options->name, " ", 2) : NULL;
    HtAdminMember member = {
        .tenant = options->tenant,
        .role = options->role,
        .email = options->email,
        .first_name = options->first_name ? options->first_name
                      : names             ? names[0]
                                          : NULL,
        .last_name = options->last_name  ? options->last_name
                     : names && names[0] ? names[1]
                                         : NULL,
        .timezone = options->timezone,
        .login = options->login,
    };
    char *password = NULL;
    HtAdminAdded added = {0};
    bool ok = take_password(options, &password, &error);
    member.password = password;
    ok = ok && ht_admin_add_member(pg, &member, &added, &error);
    ht_secret_free(password);
    if (!ok)
        return fail(error);
    if (options->json) {
        g_autoptr(HtJson) json = ht_json_new_object();
        ht_json_set_string(json, "login", added.login);
        ht_json_set_string(json, "tenant", added.tenant_id);
        ht_json_set_string(json, "user", added.user_id);
        ht_json_set_string(json, "member", added.member_id);
        print_json(json);
    } else {
        ht_print_line(stdout, "%s", added.login);
    }
    say_missing(options, &added);
    ht_admin_added_clear(&added);
    return HT_EXIT_DONE;
}

static bool check_revoke(const Options *options, GError **error)
{
    return ht_admin_revoke_check(options->login, options->tenant, options->email, error);
}

static int run_revoke(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    int n_sessions = 0;
    if (!ht_admin_revoke(pg, options->login, options->tenant, options->email, &n_sessions, &error))
        return fail(error);
    if (options->json) {
        g_autoptr(HtJson) json = ht_json_new_object();
        ht_json_set_int(json, "sessions_ended", n_sessions);
        print_json(json);
    } else if (!options->quiet) {
        ht_print_line(stdout, "revoked; %d session%s ended", n_sessions, s_of(n_sessions));
    }
    return HT_EXIT_DONE;
}

static void print_pruned(const HtAdminPruned *pruned, bool is_trial)
{
    ht_print_line(stdout,
                  "%s the keys of %" G_GINT64_FORMAT " change%s; keys are kept for %d day%s",
                  is_trial ? "a dry run: it would remove" : "removed", pruned->removed,
                  s_of(pruned->removed), pruned->keep_days, s_of(pruned->keep_days));
    if (2 * pruned->longest_absence_days > HT_ADMIN_KEEP_DAYS)
        ht_print_line(stdout, "the longest absence of a device that came back was %.1f days",
                      pruned->longest_absence_days);
    if (!pruned->floor_at && is_trial)
        ht_print_line(stdout,
                      "nothing is old enough yet: the days count from the first run that is no dry "
                      "run, since each such run notes what had ended by then");
    else if (!pruned->floor_at)
        ht_print_line(stdout, "nothing is old enough yet: the first run that is remembered was %s",
                      pruned->first_mark);
}

static bool check_prune(const Options *options, GError **error)
{
    return ht_admin_prune_check(options->keep_days, error);
}

static int run_prune(HtPgConnection *pg, const Options *options)
{
    g_autoptr(GError) error = NULL;
    HtAdminPruned pruned;
    if (!ht_admin_prune(pg, options->keep_days, options->dry_run, &pruned, &error))
        return fail(error);
    if (options->json) {
        g_autoptr(HtJson) json = ht_json_new_object();
        ht_json_set_int(json, "removed", pruned.removed);
        ht_json_set_int(json, "keep_days", pruned.keep_days);
        ht_json_set_double(json, "longest_absence_days", pruned.longest_absence_days);
        ht_json_set_string(json, "floor", pruned.floor);
        ht_json_set_string(json, "floor_at", pruned.floor_at);
        ht_json_set_string(json, "first_mark", pruned.first_mark);
        ht_json_set_bool(json, "dry_run", options->dry_run);
        print_json(json);
    } else if (!options->quiet) {
        print_pruned(&pruned, options->dry_run);
    }
    ht_admin_pruned_clear(&pruned);
    return HT_EXIT_DONE;
}

/* clang-format off */
static const SubVerb SUB_VERBS[] = {
    {"apply",      "", "bring the database's schema to this program's version", "", NULL, run_apply},
    {"check",      "", "compare the database with the security model; exit 1 if it differs", "", NULL, run_check},
    {"add-tenant", "--name NAME --slug SLUG [--timezone ZONE]", "make a tenant; prints its id", "name slug timezone", check_add_tenant, run_add_tenant},
    {"add-member", "--tenant SLUG --role ROLE --email E [--first-name F --last-name L | --name N] [--timezone Z] [--login NAME] [--password | --password-stdin | --password-file F]",
                   "make a member and its login, or put it right; prints the login", "tenant role email name first-name last-name timezone login password password-stdin password-file", check_add_member, run_add_member},
    {"revoke",     "--login NAME | --tenant SLUG --email E", "end a membership, its login and its sessions", "login tenant email", check_revoke, run_revoke},
    {"prune",      "[--keep DAYS] [--dry-run]", "remove old keys from the change feed, so that it does not grow for ever; once a day", "keep dry-run", check_prune, run_prune},
};
/* clang-format on */

static void print_usage(FILE *out)
{
    ht_print_line(out, "Usage: hiretty db COMMAND [--dsn DSN] [--json] [--quiet]");
    for (gsize i = 0; i < G_N_ELEMENTS(SUB_VERBS); i++) {
        ht_print_line(out, "  %s %s", SUB_VERBS[i].name, SUB_VERBS[i].usage);
        ht_print_line(out, "      %s", SUB_VERBS[i].summary);
    }
    ht_print_line(out,
                  "ROLE is admin, recruiter, interviewer or viewer. The DSN is an administrator's: "
                  "--dsn, or HIRETTY_DSN.");
}

/* The one that was given and that the sub-verb does not look at; NULL: none. */
static const char *find_foreign(const SubVerb *verb, const Options *o)
{
    const struct {
        const char *name;
        bool is_given;
    } given[] = {
        {"tenant", o->tenant},
        {"role", o->role},
        {"email", o->email},
        {"name", o->name},
        {"first-name", o->first_name},
        {"last-name", o->last_name},
        {"timezone", o->timezone},
        {"login", o->login},
        {"slug", o->slug},
        {"keep", o->keep_days != 0},
        {"dry-run", o->dry_run},
        {"password", o->password_prompt},
        {"password-stdin", o->password_stdin},
        {"password-file", o->password_file},
    };
    g_auto(GStrv) known = g_strsplit(verb->options, " ", -1);
    for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
        if (given[i].is_given && !g_strv_contains((const char *const *)known, given[i].name))
            return given[i].name;
    }
    return NULL;
}

/* NULL after having said what is wrong with the words or the options. */
static const SubVerb *choose(int argc, char **argv, const Options *options)
{
    const SubVerb *verb = NULL;
    for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(SUB_VERBS); i++) {
        if (strcmp(argv[1], SUB_VERBS[i].name) == 0)
            verb = &SUB_VERBS[i];
    }
    const char *foreign = verb ? find_foreign(verb, options) : NULL;
    g_autofree char *why = NULL;
    if (argc < 2)
        why = g_strdup("db needs a command");
    else if (!verb)
        why = g_strdup_printf("there is no db command '%s'", argv[1]);
    else if (argc > 2)
        why = g_strdup_printf("db %s: '%s' is too much", verb->name, argv[2]);
    else if (foreign)
        why = g_strdup_printf("--%s says nothing to db %s", foreign, verb->name);
    if (why)
        ht_print_error(why, NULL, "see hiretty db --help");
    return why ? NULL : verb;
}

static bool parse(int *argc, char ***argv, Options *o, GError **error)
{
    const GOptionEntry entries[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &o->help, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, NULL, NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, NULL, NULL},
        {"dsn", 0, 0, G_OPTION_ARG_STRING, &o->dsn, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_STRING, &o->tenant, NULL, NULL},
        {"role", 0, 0, G_OPTION_ARG_STRING, &o->role, NULL, NULL},
        {"email", 0, 0, G_OPTION_ARG_STRING, &o->email, NULL, NULL},
        {"name", 0, 0, G_OPTION_ARG_STRING, &o->name, NULL, NULL},
        {"first-name", 0, 0, G_OPTION_ARG_STRING, &o->first_name, NULL, NULL},
        {"last-name", 0, 0, G_OPTION_ARG_STRING, &o->last_name, NULL, NULL},
        {"timezone", 0, 0, G_OPTION_ARG_STRING, &o->timezone, NULL, NULL},
        {"login", 0, 0, G_OPTION_ARG_STRING, &o->login, NULL, NULL},
        {"slug", 0, 0, G_OPTION_ARG_STRING, &o->slug, NULL, NULL},
        {"keep", 0, 0, G_OPTION_ARG_INT, &o->keep_days, NULL, NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &o->dry_run, NULL, NULL},
        {"password", 0, 0, G_OPTION_ARG_NONE, &o->password_prompt, NULL, NULL},
        {"password-stdin", 0, 0, G_OPTION_ARG_NONE, &o->password_stdin, NULL, NULL},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &o->password_file, NULL, NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, argc, argv, error);
}

static HtPgConnection *connect_admin(const HtCliHost *host, const Options *options, GError **error)
{
    const char *dsn = options->dsn ? options->dsn : host->dsn;
    if (!dsn || !*dsn)
        dsn = g_getenv("HIRETTY_DSN");
    HtPgOptions settings = {
        .dsn = dsn && *dsn ? dsn : NULL,
        .application_name = "hiretty db",
        .allow_weak_tls =
            host->settings && ht_settings_bool(host->settings, "connect.allow_insecure"),
        .password = ask_login_password,
        .password_text = host->password,
        .note = host->note,
    };
    if (options->dsn && ht_pg_dsn_has_password(options->dsn)) {
        g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_SETUP,
                            "a password on the command line can be read by everybody on this "
                            "machine (put it in the password file)");
        return NULL;
    }
    return ht_pg_connect(&settings, NULL, error);
}

int ht_verb_db(HtCliHost *host, int argc, char **argv)
{
    g_auto(Options) options = {0};
    g_autoptr(GError) error = NULL;
    if (!parse(&argc, &argv, &options, &error)) {
        ht_print_error(error->message, NULL, "see hiretty db --help");
        return HT_EXIT_USAGE;
    }
    if (options.help) {
        print_usage(stdout);
        return HT_EXIT_DONE;
    }
    const SubVerb *verb = choose(argc, argv, &options);
    if (!verb)
        return HT_EXIT_USAGE;
    if ((verb->check && !verb->check(&options, &error)) || !ht_limits_files(FILES, &error))
        return fail(error);
    g_autoptr(HtPgConnection) pg = connect_admin(host, &options, &error);
    if (!pg)
        return fail(error);
    if (ht_pg_warning(pg))
        ht_print_line(stderr, "%s", ht_pg_warning(pg));
    return verb->run(pg, &options);
}
