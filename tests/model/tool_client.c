/* A machine with Hiretty on it, for tests of other languages: reads commands from stdin, one a
 * line, words between tabs, and answers each with one line: "ok …" or "error CODE text", where
 * exit.N is what the program would end with.
 *
 *   tool_client PROFILE DSN      the folders come from XDG_… as always
 *
 *   sync | pull | push | full    one run; answers the report's counts
 *   live, poke, rest             the engine's thread: start, one turn that is waited for, stop
 *   decide MATCH KIND [REASON]   what a person does, recorded
 *   note CANDIDATE TEXT, edit NOTE TEXT, remove NOTE, tag CANDIDATE TAG, untag CANDIDATE TAG
 *   undo, redo, resolve SEQ keep|theirs
 *   check                        the engine's own digests: names the tables that differ
 *   kill N                       the N-th system call from now on that writes or sends is the last
 *   calls                        how many of them there were since it was last asked
 *
 * The calls that are counted are this program's own names for them: the libraries find these before
 * libc's. The process then ends as by kill -9, in the middle of whatever its threads do. */
#include "../../src/sync/internal.h"
#include "hiretty/outbox/outbox.h"

#include <dlfcn.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_MS 30000

/* --- Kill points */
static gint calls, kill_at;

static void count_call(void)
{
    gint n = g_atomic_int_add(&calls, 1) + 1;
    if (n == g_atomic_int_get(&kill_at))
        kill(getpid(), SIGKILL);
}

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    g_assert(function);
    return function;
}

/* Before and after: the call that is counted may also be the last that is done. */
#define COUNTED(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*next) parameters;                                                             \
        if (!next)                                                                                 \
            next = (type(*) parameters)real(#name);                                                \
        count_call();                                                                              \
        return next arguments;                                                                     \
    }

COUNTED(ssize_t, pwrite64, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at))
COUNTED(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at))
COUNTED(int, ftruncate64, (int fd, off_t n), (fd, n))
COUNTED(int, fdatasync, (int fd), (fd))
COUNTED(int, fsync, (int fd), (fd))
COUNTED(int, unlink, (const char *path), (path))
COUNTED(int, rename, (const char *from, const char *to), (from, to))
COUNTED(int, symlink, (const char *to, const char *path), (to, path))
COUNTED(ssize_t, send, (int fd, const void *data, size_t n, int flags), (fd, data, n, flags))
/* What recv() of src/pg/intake.c calls. */
COUNTED(ssize_t, recvfrom,
        (int fd, void *data, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *length),
        (fd, data, n, flags, from, length))

/* --- The machine */
typedef struct {
    HtPaths *paths;
    HtCache *cache;
    HtOutbox *outbox;
    HtSync *sync;
    HtSyncOptions options;
    bool is_live;
} Client;

static void answer(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void answer(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_strdelimit(text, "\r\n", ' ');
    printf("%s\n", text);
    fflush(stdout);
}

static void answer_error(const GError *error)
{
    if (error->domain == HT_SYNC_ERROR)
        answer("error exit.%d %s", ht_sync_exit(error), error->message);
    else
        answer("error %s.%d %s", g_quark_to_string(error->domain), error->code, error->message);
}

static bool open_client(Client *client, const char *profile, const char *dsn, GError **error)
{
    client->paths = ht_paths_new(profile, error);
    if (!client->paths)
        return false;
    client->cache = ht_cache_open(client->paths, HT_CACHE_DEFAULT, error);
    if (!client->cache)
        return false;
    if (ht_cache_problem(client->cache)) {
        g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CACHE, "problem: %s",
                    ht_cache_problem(client->cache));
        return false;
    }
    client->outbox = ht_outbox_open(client->cache, client->paths, error);
    if (!client->outbox || ht_outbox_problem(client->outbox)) {
        if (client->outbox)
            g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CACHE, "problem: %s",
                        ht_outbox_problem(client->outbox));
        return false;
    }
    client->options =
        (HtSyncOptions){.connection = {.dsn = dsn}, .paths = client->paths, .host_label = "model"};
    client->sync = ht_sync_new(client->cache, client->outbox, &client->options, error);
    return client->sync != NULL;
}

static void close_client(Client *client)
{
    ht_sync_free(client->sync);
    g_clear_pointer(&client->outbox, ht_outbox_close);
    g_clear_pointer(&client->cache, ht_cache_close);
    g_clear_pointer(&client->paths, ht_paths_free);
}

/* --- Runs */
static void run_once(Client *client, HtSyncOnceFlags flags)
{
    g_autoptr(GError) error = NULL;
    HtSyncReport r;
    if (!ht_sync_once(client->sync, flags, NULL, &r, &error)) {
        answer_error(error);
        return;
    }
    answer("ok received=%" G_GINT64_FORMAT " changed=%" G_GINT64_FORMAT " deleted=%" G_GINT64_FORMAT
           " loaded=%d sent=%u applied=%u merged=%u conflicts=%u "
           "gone=%u rejected=%u parked=%u same=%u why=%s",
           r.rows_received, r.rows_changed, r.rows_deleted, r.loaded, r.sent, r.applied, r.merged,
           r.conflicts, r.gone, r.rejected, r.parked, r.same, r.why_full);
}

static void start_live(Client *client)
{
    if (!client->is_live) {
        ht_sync_set_focus(client->sync, HT_SYNC_BACKGROUND);
        ht_sync_start(client->sync);
        client->is_live = true;
    }
    answer("ok");
}

/* The thread that ran is not started twice: a new engine on the same files. */
static void stop_live(Client *client)
{
    g_autoptr(GError) error = NULL;
    if (client->is_live) {
        ht_sync_free(client->sync);
        client->sync = ht_sync_new(client->cache, client->outbox, &client->options, &error);
        g_assert_no_error(error);
        client->is_live = false;
    }
    answer("ok");
}

/* One more turn of the thread, begun after this call, with nothing left to load. */
static void poke(Client *client)
{
    HtSyncStatus before, now;
    ht_sync_status(client->sync, &before);
    ht_sync_poke(client->sync);
    for (int i = 0; i < TURN_MS; i++) {
        g_usleep(1000);
        ht_sync_status(client->sync, &now);
        g_autofree char *wide = ht_cache_meta(client->cache, HT_META_WIDE);
        bool is_loading = wide && *wide;
        if (now.last_sync_us != before.last_sync_us && now.state == HT_SYNC_LIVE && !is_loading) {
            answer("ok");
            return;
        }
        if (now.since_us != before.since_us && now.state >= HT_SYNC_OFFLINE)
            break;
    }
    answer("error state %s: %s", ht_sync_state_name(now.state), now.error);
}

static void check(Client *client)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) checks = ht_sync_check(client->sync, NULL, &error);
    if (!checks) {
        answer_error(error);
        return;
    }
    g_autoptr(GString) differing = g_string_new(NULL);
    for (guint i = 0; i < checks->len; i++) {
        const HtSyncCheck *table = &g_array_index(checks, HtSyncCheck, i);
        if (!table->same)
            g_string_append_printf(differing, " %s", table->table);
    }
    answer("ok tables=%u%s", checks->len, differing->str);
}

/* --- What a person does */
static HtKey key_of(Client *client, const char *id)
{
    HtUuid uuid;
    g_autoptr(HtReader) reader = ht_reader_new(client->cache, "tool", NULL);
    return reader && ht_uuid_parse(id, &uuid) ? ht_reader_key(reader, &uuid) : 0;
}

static void submit(Client *client, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, intent, &error);
    if (receipt)
        answer("ok done=%d refused=%d %s", receipt->n_done, receipt->n_refused,
               receipt->why ? receipt->why : "");
    else
        answer_error(error);
}

static void decide(Client *client, char **words, guint n)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = ht_decision_parse(words[2]);
    ht_intent_add_match(intent, key_of(client, words[1]), true, false, 2);
    if (intent->decision == HT_DECISION_HOLD)
        intent->hold_until = INT64_C(1893456000000000);
    else if (n > 3)
        intent->reason = key_of(client, words[3]);
    submit(client, intent);
}

static void change_person(Client *client, char **words, HtIntentKind kind)
{
    HtIntent *intent = ht_intent_new(kind);
    ht_intent_add_candidate(intent, key_of(client, words[1]));
    *(kind == HT_INTENT_NOTE ? &intent->note : &intent->tag) = g_strdup(words[2]);
    submit(client, intent);
}

static void change_note(Client *client, char **words, HtIntentKind kind)
{
    HtIntent *intent = ht_intent_new(kind);
    ht_uuid_parse(words[1], &intent->note_id);
    if (kind == HT_INTENT_NOTE_EDIT)
        intent->note = g_strdup(words[2]);
    submit(client, intent);
}

static void resolve(Client *client, char **words)
{
    g_autoptr(GError) error = NULL;
    HtResolve how = {.resolution = strcmp(words[2], "keep") == 0 ? HT_RESOLVE_KEEP_MINE
                                                                 : HT_RESOLVE_TAKE_THEIRS};
    if (ht_outbox_resolve(client->outbox, g_ascii_strtoll(words[1], NULL, 10), &how, &error))
        answer("ok");
    else
        answer_error(error);
}

typedef struct {
    const char *name;
    guint n_words;
    HtSyncOnceFlags flags;
    HtIntentKind kind;
} Command;

static const Command runs[] = {
    {"sync", 1, HT_SYNC_ONCE, 0},
    {"pull", 1, HT_SYNC_ONCE_PULL_ONLY, 0},
    {"push", 1, HT_SYNC_ONCE, 0},
    {"full", 1, HT_SYNC_ONCE_FULL, 0},
};

static const Command intents[] = {
    {"decide", 3, 0, HT_INTENT_DECIDE},  {"note", 3, 0, HT_INTENT_NOTE},
    {"tag", 3, 0, HT_INTENT_TAG_ADD},    {"untag", 3, 0, HT_INTENT_TAG_REMOVE},
    {"edit", 3, 0, HT_INTENT_NOTE_EDIT}, {"remove", 2, 0, HT_INTENT_NOTE_DELETE},
    {"undo", 1, 0, HT_INTENT_UNDO},      {"redo", 1, 0, HT_INTENT_REDO},
};

static bool do_intent(Client *client, char **words, guint n)
{
    for (gsize i = 0; i < G_N_ELEMENTS(intents); i++) {
        const Command *command = &intents[i];
        if (strcmp(command->name, words[0]) != 0 || n < command->n_words)
            continue;
        if (command->kind == HT_INTENT_DECIDE)
            decide(client, words, n);
        else if (command->kind == HT_INTENT_NOTE_EDIT || command->kind == HT_INTENT_NOTE_DELETE)
            change_note(client, words, command->kind);
        else if (command->n_words == 3)
            change_person(client, words, command->kind);
        else
            submit(client, ht_intent_new(command->kind));
        return true;
    }
    return false;
}

static bool do_run(Client *client, char **words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
        if (strcmp(runs[i].name, words[0]) == 0) {
            run_once(client, runs[i].flags);
            return true;
        }
    }
    return false;
}

static void do_command(Client *client, char **words, guint n)
{
    if (do_run(client, words) || do_intent(client, words, n))
        return;
    if (strcmp(words[0], "live") == 0) {
        start_live(client);
    } else if (strcmp(words[0], "rest") == 0) {
        stop_live(client);
    } else if (strcmp(words[0], "poke") == 0) {
        poke(client);
    } else if (strcmp(words[0], "check") == 0) {
        check(client);
    } else if (strcmp(words[0], "resolve") == 0 && n == 3) {
        resolve(client, words);
    } else if (strcmp(words[0], "kill") == 0 && n == 2) {
        g_atomic_int_set(&calls, 0);
        g_atomic_int_set(&kill_at, atoi(words[1]));
        answer("ok");
    } else if (strcmp(words[0], "calls") == 0) {
        answer("ok calls=%d", g_atomic_int_exchange(&calls, 0));
    } else {
        answer("error command unknown: %s", words[0]);
    }
}

int main(int argc, char **argv)
{
    g_assert_cmpint(argc, ==, 3);
    /* Small enough that a table of a few pages comes in several chunks. */
    ht_sync_chunks = (HtSyncChunks){
        .pages = 8, .rows = 150, .wide_pages = 6, .wide_rows = 120, .small_pages = 12};
    Client client = {0};
    g_autoptr(GError) error = NULL;
    if (!open_client(&client, argv[1], argv[2], &error)) {
        answer_error(error);
        return 1;
    }
    answer("ok");
    g_autofree char *line = NULL;
    gsize size = 0;
    while (getline(&line, &size, stdin) > 0) {
        g_strchomp(line);
        g_auto(GStrv) words = g_strsplit(line, "\t", -1);
        if (words[0])
            do_command(&client, words, g_strv_length(words));
    }
    close_client(&client);
    return 0;
}
