/* The place where work stopped: views, limits, sorts, cursors, marks, the reason and the review
 * queue, as ids, in STATE_DIR/session. It is written whenever one of them changes, by a thread of
 * its own and by a rename, so that a killed program or a dropped line comes back to the same
 * applicant. */
#include "context_impl.h"

#include "hiretty/base/error.h"
#include "hiretty/base/json.h"
#include "hiretty/base/log.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

enum {
    MAX_SESSION = 16 * 1024 * 1024,
    MAX_MARKS = 2000, /* more are not kept over a restart */
    MAX_QUEUE = 5000, /* a longer queue is not kept: the list below it is */
    CHEAP_ROWS = 400, /* so many are written after every key … */
    LATER_MS = 2000   /* … more of them at most so often */
};

static void set_id(HtJson *object, const char *name, HtReader *reader, HtKey key)
{
    HtUuid id;
    char text[HT_UUID_TEXT];
    if (key && ht_reader_uuid(reader, key, &id))
        ht_json_set_string(object, name, ht_uuid_format(&id, text));
}

static HtKey get_id(const HtJson *object, const char *name, HtReader *reader)
{
    HtUuid id;
    const char *text = ht_json_get_string(object, name, NULL);
    return text && ht_uuid_parse(text, &id) ? ht_reader_key(reader, &id) : 0;
}

static void add_id(HtJson *array, HtReader *reader, HtKey key)
{
    HtUuid id;
    char text[HT_UUID_TEXT];
    if (ht_reader_uuid(reader, key, &id))
        ht_json_add_string(array, ht_uuid_format(&id, text));
}

static HtJson *marks_json(HtContext *context, HtView *view)
{
    HtJson *marks = ht_json_new_array();
    g_autoptr(GArray) keys = ht_view_targets(view);
    for (guint i = 0; i < keys->len && i < MAX_MARKS; i++) {
        HtKey key = g_array_index(keys, HtKey, i);
        if (ht_view_is_marked(view, key))
            add_id(marks, context->parts.reader, key);
    }
    return marks;
}

static HtJson *queue_json(HtContext *context, HtView *view)
{
    HtJson *queue = ht_json_new_array();
    g_autoptr(HtKeyArray) keys = ht_review_queue(view);
    for (gsize i = 0; i < keys->n; i++) {
        HtJson *row = ht_json_new_object();
        set_id(row, "id", context->parts.reader, keys->keys[i]);
        HtDecisionKind decided = ht_review_decided(view, keys->keys[i]);
        if (decided)
            ht_json_set_string(row, "decided", ht_decision_name(decided));
        ht_json_add(queue, row);
    }
    return queue;
}

/* Rows that a view's place has to name. */
static int64_t rows_of(HtView *view)
{
    int64_t decided, total = 0;
    if (ht_view_id(view) == HT_VIEW_REVIEW)
        ht_review_progress(view, &decided, &total);
    return total + MIN(ht_view_marks(view), MAX_MARKS);
}

static HtJson *view_json(HtContext *context, const HtPlace *place)
{
    HtView *view = place->view;
    HtReader *reader = context->parts.reader;
    HtJson *json = ht_json_new_object();
    bool descending;
    ht_json_set_string(json, "view", ht_view_name(view));
    set_id(json, "job", reader, ht_view_subject_job(view));
    set_id(json, "candidate", reader, ht_view_current_candidate(view));
    set_id(json, "match", reader, ht_view_current_match(view));
    set_id(json, "cursor", reader, ht_view_current_key(view));
    const char *limit = ht_view_limit(view);
    if (*limit && g_strcmp0(limit, place->forgotten_limit) != 0)
        ht_json_set_string(json, "limit", limit);
    if (*ht_view_sort(view, &descending)) {
        ht_json_set_string(json, "sort", ht_view_sort(view, NULL));
        ht_json_set_bool(json, "descending", descending);
    }
    int tab;
    if (ht_view_tabs(view, NULL, &tab) > 0)
        ht_json_set_int(json, "tab", tab);
    if (ht_view_is_blind(view))
        ht_json_set_bool(json, "blind", true);
    if (ht_view_kind(view) == HT_VIEW_TABLE && ht_view_marks(view) > 0)
        ht_json_set(json, "marks", marks_json(context, view));
    if (ht_view_id(view) == HT_VIEW_REVIEW && rows_of(view) <= MAX_QUEUE) {
        ht_json_set_int(json, "pass", (int64_t)ht_review_pass(view));
        ht_json_set(json, "queue", queue_json(context, view));
    }
    return json;
}

char *ht_context_session_text(HtContext *context)
{
    g_autoptr(HtJson) json = ht_json_new_object();
    HtJson *views = ht_json_new_array();
    for (guint i = 0; i < context->places->len; i++)
        ht_json_add(views, view_json(context, context->places->pdata[i]));
    ht_json_set_int(json, "version", 1);
    if (context->forgot)
        ht_json_set_string(json, "forgot", context->forgot);
    ht_json_set(json, "views", views);
    if (context->sticky.key && context->sticky.is_kept) {
        char id[HT_UUID_TEXT];
        ht_json_set_string(json, "reason", ht_uuid_format(&context->sticky.id, id));
    }
    ht_json_set_int(json, "pass", (int64_t)context->pass);
    ht_json_set_int(json, "preview", context->preview);
    return ht_json_print(json, false);
}

/* ---- writing
 * ----------------------------------------------------------------------------------------- */
static char *session_path(const HtContext *context)
{
    return g_build_filename(ht_paths_state_dir(context->parts.paths), "session", NULL);
}

typedef struct {
    int serial;
    char *text;
} Save;

static void save_in_thread(gpointer task, gpointer data)
{
    HtContext *context = data;
    g_autofree Save *save = task;
    g_autofree char *owned = save->text;
    /* Held while writing: an older text is never renamed over a newer one. */
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&context->save_lock);
    (void)locker;
    if (save->serial != g_atomic_int_get(&context->save_serial))
        return; /* a newer one waits */
    g_autofree char *path = session_path(context);
    g_autoptr(GError) error = NULL;
    if (!ht_file_save_private(path, owned, -1, &error))
        ht_log(HT_LOG_WARNING, "session: %s", error->message);
}

static void save_soon(HtContext *context)
{
    context->saved_at_us = ht_clock_mono_us();
    g_autofree char *text = ht_context_session_text(context);
    if (context->saved_session && strcmp(text, context->saved_session) == 0)
        return;
    if (!context->saver)
        context->saver = g_thread_pool_new(save_in_thread, context, 1, FALSE, NULL);
    g_free(context->saved_session);
    context->saved_session = g_strdup(text);
    Save *save = g_new(Save, 1);
    save->serial = g_atomic_int_add(&context->save_serial, 1) + 1;
    save->text = g_steal_pointer(&text);
    g_thread_pool_push(context->saver, save, NULL);
}

static gboolean save_later(gpointer data)
{
    HtContext *context = data;
    context->save_timer = 0;
    if (!context->is_locked && context->places->len > 0)
        save_soon(context);
    return G_SOURCE_REMOVE;
}

void ht_context_session_touch(HtContext *context)
{
    if (!context->parts.interactive || !context->parts.paths || context->is_closing ||
        context->is_locked || context->places->len == 0)
        return;
    int64_t rows = 0;
    for (guint i = 0; i < context->places->len; i++)
        rows += rows_of(((HtPlace *)context->places->pdata[i])->view);
    int64_t since_ms = (ht_clock_mono_us() - context->saved_at_us) / HT_US_PER_MS;
    if (rows <= CHEAP_ROWS || since_ms >= LATER_MS)
        save_soon(context);
    else if (!context->save_timer)
        context->save_timer = g_timeout_add((guint)(LATER_MS - since_ms), save_later, context);
}

/* A limit may name people who are to be forgotten, and have been in this file already, though the
 * screen has not heard of it yet. */
static void leave_out_words(HtContext *context)
{
    g_autofree char *due = ht_reader_meta(context->parts.reader, HT_META_FORGET_DUE);
    g_autofree char *forgot = ht_reader_meta(context->parts.reader, HT_META_FORGOT);
    if (!due && g_strcmp0(forgot, context->forgot) == 0)
        return;
    for (guint i = 0; i < context->places->len; i++) {
        HtPlace *place = context->places->pdata[i];
        g_free(place->forgotten_limit);
        place->forgotten_limit = g_strdup(ht_view_limit(place->view));
    }
}

bool ht_context_save_session(HtContext *context, GError **error)
{
    if (!context->parts.paths || context->is_locked || context->places->len == 0)
        return true;
    leave_out_words(context);
    g_autofree char *text = ht_context_session_text(context);
    g_autofree char *path = session_path(context);
    g_atomic_int_inc(&context->save_serial); /* what still waits is older than this */
    g_free(context->saved_session);
    context->saved_session = g_strdup(text);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&context->save_lock);
    (void)locker;
    return ht_file_save_private(path, text, -1, error);
}

/* ---- reading
 * ------------------------------------------------------------------------------------------- */
static HtView *restore_review(HtContext *context, const HtViewParts *parts, const HtJson *json,
                              HtKey job)
{
    const HtJson *rows = ht_json_get(json, "queue");
    HtKeyArray *queue = ht_key_array_new(ht_json_length(rows));
    gsize n = 0;
    for (const HtJson *row = ht_json_first(rows); row; row = ht_json_next(row)) {
        HtKey key = get_id(row, "id", context->parts.reader);
        if (key)
            queue->keys[n++] = key;
    }
    queue->n = n;
    if (n == 0) {
        ht_key_array_free(queue);
        return NULL;
    }
    HtView *view = ht_view_new_review(parts, job, queue, (guint64)ht_json_get_int(json, "pass", 0));
    for (const HtJson *row = ht_json_first(rows); row; row = ht_json_next(row)) {
        HtDecisionKind decided = ht_decision_parse(ht_json_get_string(row, "decided", NULL));
        if (decided)
            ht_review_set_decided(view, get_id(row, "id", context->parts.reader), decided);
    }
    /* A decision may be on disk that the session had not noted yet. */
    ht_review_take_in(view);
    ht_review_resume(view, get_id(json, "match", context->parts.reader));
    return view;
}

static HtView *restore_view(HtContext *context, const HtJson *json)
{
    HtViewParts as_it_was = *ht_view_parts(context);
    as_it_was.blind = ht_json_get_bool(json, "blind", false);
    const HtViewParts *parts = &as_it_was;
    const char *name = ht_json_get_string(json, "view", "");
    HtKey job = get_id(json, "job", context->parts.reader);
    HtKey candidate = get_id(json, "candidate", context->parts.reader);
    if (strcmp(name, "jobs") == 0)
        return ht_view_new_jobs(parts);
    if (strcmp(name, "matches") == 0)
        return job ? ht_view_new_matches(parts, job, NULL) : NULL;
    if (strcmp(name, "candidates") == 0)
        return ht_view_new_candidates(parts);
    if (strcmp(name, "candidate") == 0)
        return candidate ? ht_view_new_candidate(parts, candidate,
                                                 get_id(json, "match", context->parts.reader), NULL)
                         : NULL;
    if (strcmp(name, "agenda") == 0)
        return ht_view_new_agenda(parts);
    if (strcmp(name, "feedback") == 0)
        return ht_view_new_feedback(parts);
    if (strcmp(name, "search") == 0)
        return ht_view_new_search(parts, ht_json_get_string(json, "limit", ""));
    if (strcmp(name, "review") == 0)
        return restore_review(context, parts, json, job);
    return NULL;
}

static void restore_state(HtContext *context, HtView *view, const HtJson *json)
{
    HtReader *reader = context->parts.reader;
    const char *sort = ht_json_get_string(json, "sort", NULL);
    if (sort)
        ht_view_set_sort(view, sort, ht_json_get_bool(json, "descending", false));
    const char *limit = ht_json_get_string(json, "limit", NULL);
    if (limit && ht_view_id(view) != HT_VIEW_SEARCH)
        ht_view_set_limit(view, limit, NULL);
    if (ht_json_has(json, "tab"))
        ht_view_set_tab(view, (int)ht_json_get_int(json, "tab", 0));
    const HtJson *marks = ht_json_get(json, "marks");
    for (const HtJson *mark = ht_json_first(marks); mark; mark = ht_json_next(mark)) {
        HtUuid id;
        if (ht_uuid_parse(ht_json_string(mark, NULL), &id) && ht_reader_key(reader, &id))
            ht_view_set_marked(view, ht_reader_key(reader, &id), true);
    }
    HtKey cursor = get_id(json, "cursor", reader);
    if (cursor && ht_view_kind(view) == HT_VIEW_TABLE)
        ht_view_want_cursor(view, cursor);
}

static void restore_reason(HtContext *context, const HtJson *json)
{
    HtUuid id;
    if (!ht_uuid_parse(ht_json_get_string(json, "reason", NULL), &id))
        return;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (!ht_uuid_equal(&reason->id, &id))
            continue;
        context->sticky.key = reason->key;
        context->sticky.id = reason->id;
        context->sticky.label = ht_text_sanitize(reason->label, -1, HT_TEXT_LINE, NULL);
        context->sticky.requires_note = reason->requires_note;
        context->sticky.is_kept = true;
    }
}

/* What a person typed may name somebody; ids and the names of columns do not. */
static void drop_words(HtJson *json)
{
    HtJson *views = ht_json_new_array();
    const HtJson *old = ht_json_get(json, "views");
    for (const HtJson *one = ht_json_first(old); one; one = ht_json_next(one)) {
        HtJson *view = ht_json_dup(one);
        ht_json_remove(view, "limit");
        ht_json_add(views, view);
    }
    ht_json_set(json, "views", views);
}

bool ht_session_forget(const HtPaths *paths, GError **error)
{
    g_autofree char *path = g_build_filename(ht_paths_state_dir(paths), "session", NULL);
    g_autoptr(GError) why = NULL;
    g_autofree char *text = ht_file_load_private(path, MAX_SESSION, NULL, &why);
    g_autoptr(HtJson) json = text ? ht_json_parse(text, -1, NULL) : NULL;
    if (g_error_matches(why, HT_ERROR, HT_ERROR_MISSING))
        return true;
    if (!json && g_unlink(path) != 0) { /* what cannot be read may name somebody */
        ht_error_set_errno(error, errno, path);
        return false;
    }
    if (!json)
        return true;
    drop_words(json);
    g_autofree char *fresh = ht_json_print(json, false);
    return g_str_equal(fresh, text) || ht_file_save_private(path, fresh, -1, error);
}

bool ht_context_session_restore(HtContext *context, const char *text)
{
    g_autoptr(HtJson) json = ht_json_parse(text, -1, NULL);
    if (!json)
        return false;
    g_free(context->forgot);
    context->forgot = ht_reader_meta(context->parts.reader, HT_META_FORGOT);
    if (g_strcmp0(ht_json_get_string(json, "forgot", NULL), context->forgot) != 0)
        drop_words(json);
    restore_reason(context, json);
    context->pass = (guint64)ht_json_get_int(json, "pass", 0);
    context->preview = (int)CLAMP(ht_json_get_int(json, "preview", -1), -1, 1);
    const HtJson *views = ht_json_get(json, "views");
    for (const HtJson *one = ht_json_first(views); one; one = ht_json_next(one)) {
        HtView *view = restore_view(context, one);
        if (!view)
            continue;
        ht_context_push(context, view);
        restore_state(context, view, one);
    }
    return context->places->len > 0;
}

static char *load_session(const HtContext *context)
{
    if (!context->parts.paths || !context->parts.interactive)
        return NULL;
    g_autofree char *path = session_path(context);
    gsize len;
    return ht_file_load_private(path, MAX_SESSION, &len, NULL);
}

bool ht_context_start(HtContext *context, GError **error)
{
    (void)error;
    if (ht_cache_is_locked(context->parts.cache, NULL)) {
        ht_context_lock(context);
        return true;
    }
    g_autofree char *text = load_session(context);
    if (context->parts.interactive)
        context->forgot = ht_reader_meta(context->parts.reader, HT_META_FORGOT);
    if (!text || !ht_context_session_restore(context, text))
        ht_context_push(context, ht_view_new_jobs(ht_view_parts(context)));
    ht_context_tell_same(context); /* whoever was killed before he could */
    return true;
}
