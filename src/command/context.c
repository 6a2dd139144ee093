/* The context passes keys to commands (typeahead.c) and changes of the cache to views. */
#include "context_impl.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/base/thread.h"

#include <string.h>

enum { ROOMY_COLUMNS = 60, TAKE_IN_MS = 100 };
#define AT_ONCE (HT_CHANGED_SHOWN | HT_CHANGED_SEEN | HT_CHANGED_GENERATION)

/* ---- places
 * --------------------------------------------------------------------------------------- */
HtPlace *ht_top_place(HtContext *context)
{
    return context->places->len ? context->places->pdata[context->places->len - 1] : NULL;
}

HtView *ht_top(HtContext *context)
{
    HtPlace *place = ht_top_place(context);
    return place ? place->view : NULL;
}

const HtViewParts *ht_view_parts(HtContext *context)
{
    HtView *view = ht_top(context); /* a verb has none */
    context->view_parts.blind = view && ht_view_is_blind(view);
    return &context->view_parts;
}

static void place_free(gpointer data)
{
    HtPlace *place = data;
    ht_view_free(place->view);
    g_free(place->forgotten_limit);
    g_free(place);
}

void ht_context_emit_changed(HtContext *context)
{
    if (context->changed && !context->is_closing)
        context->changed(context, context->changed_data);
}

/* A search whose hits came after its Enter. */
static void say_nothing_found(HtContext *context, HtView *view)
{
    if (context->awaits_hits != view || ht_view_is_searching(view))
        return;
    context->awaits_hits = NULL;
    if (*ht_view_search(view) && !ht_view_search_step(view, 0))
        ht_context_set_message(context, HT_STYLE_ERROR, "'%s' is not here", ht_view_search(view));
}

static void view_changed(HtView *view, gpointer data)
{
    HtContext *context = data;
    if (view != ht_top(context))
        return;
    say_nothing_found(context, view);
    ht_context_emit_changed(context);
}

void ht_context_put_message(HtContext *context, const HtResult *result)
{
    if (result->kind == HT_RESULT_MESSAGE || result->kind == HT_RESULT_ERROR)
        ht_context_set_message(context,
                               result->kind == HT_RESULT_ERROR ? HT_STYLE_ERROR : HT_STYLE_SUCCESS,
                               "%s", result->text);
}

static void take_in(HtPlace *place)
{
    uint64_t stale = place->stale;
    place->stale = 0;
    if (stale)
        ht_view_refresh(place->view, stale);
}

HtView *ht_context_view(HtContext *context)
{
    return ht_top(context);
}

int ht_context_depth(const HtContext *context)
{
    return (int)context->places->len;
}

void ht_context_push(HtContext *context, HtView *view)
{
    HtPlace *place = g_new0(HtPlace, 1);
    place->view = view;
    g_ptr_array_add(context->places, place);
    ht_view_set_changed(view, view_changed, context);
    if (context->lines > 0)
        ht_view_set_page(view, MAX(1, context->lines - 4));
    ht_context_session_touch(context);
}

bool ht_context_pop(HtContext *context)
{
    if (context->places->len <= 1)
        return false;
    g_ptr_array_remove_index(context->places, context->places->len - 1);
    take_in(ht_top_place(context));
    ht_context_session_touch(context);
    return true;
}

/* ---- changes of the cache
 * ---------------------------------------------------------------------------- */
static void follow_generation(HtContext *context)
{
    HtUuid reason = context->sticky.id;
    context->generation++;
    ht_context_stop_errand(context, "Everything was loaded anew meanwhile: nothing was done.");
    for (guint i = 0; i < context->places->len; i++)
        ht_view_keep_ids(((HtPlace *)context->places->pdata[i])->view);
    g_autoptr(GError) error = NULL;
    bool changed = false;
    if (!ht_reader_refresh(context->parts.reader, &changed, &error)) {
        ht_context_set_message(context, HT_STYLE_ERROR, "%s", error->message);
        ht_log(HT_LOG_WARNING, "generation: %s", error->message);
    }
    if (context->loader)
        ht_loader_follow(context->loader);
    if (context->sticky.key)
        context->sticky.key = ht_reader_key(context->parts.reader, &reason);
    g_hash_table_remove_all(context->viewed);
    /* What is on the screen is loaded first. */
    for (guint i = context->places->len; i-- > 0;) {
        HtPlace *place = context->places->pdata[i];
        place->stale = 0;
        ht_view_restore_ids(place->view);
    }
}

void ht_context_lock(HtContext *context)
{
    g_autofree char *reason = NULL;
    ht_cache_is_locked(context->parts.cache, &reason);
    context->is_locked = true;
    ht_context_stop_errand(context, NULL);
    g_ptr_array_set_size(context->places, 0);
    ht_context_push(context, ht_new_status_view(context));
    const char *key =
        ht_keymap_first_key(context->keymap, HT_VIEW_STATUS, ht_command_find("sync.now"));
    ht_context_set_message(context, HT_STYLE_ERROR, "%s%s%s%s",
                           reason && *reason ? reason : "the cache is locked", key ? " (" : "",
                           key ? key : "", key ? " asks the server again)" : "");
}

/* Locked or opened again by the sync, here or in another process. */
static void follow_lock(HtContext *context)
{
    bool locked = ht_cache_is_locked(context->parts.cache, NULL);
    if (locked == context->is_locked)
        return;
    if (locked) {
        ht_context_lock(context);
        return;
    }
    context->is_locked = false;
    g_ptr_array_set_size(context->places, 0);
    ht_context_push(context, ht_view_new_jobs(ht_view_parts(context)));
}

/* What was typed before may name whom the cache had to forget: it still limits the view, and is not
 * kept for the next time. */
static void follow_forgetting(HtContext *context)
{
    g_autofree char *forgot = ht_reader_meta(context->parts.reader, HT_META_FORGOT);
    if (g_strcmp0(forgot, context->forgot) == 0)
        return;
    g_free(context->forgot);
    context->forgot = g_steal_pointer(&forgot);
    for (guint i = 0; i < context->places->len; i++) {
        HtPlace *place = context->places->pdata[i];
        g_free(place->forgotten_limit);
        place->forgotten_limit = g_strdup(ht_view_limit(place->view));
    }
    ht_context_session_touch(context);
}

static void cancel_changes(HtContext *context)
{
    if (context->change_timer)
        g_source_remove(context->change_timer);
    context->change_timer = 0;
}

void ht_context_tell_same(HtContext *context)
{
    HtOpSpan span;
    guint n = context->parts.outbox ? ht_outbox_take_same(context->parts.outbox, &span) : 0;
    g_autofree char *text = n ? ht_context_say_same(context, &span, n) : NULL;
    if (text)
        ht_context_set_message(context, HT_STYLE_SUCCESS, "%s", text);
    if (n)
        ht_outbox_told_same(context->parts.outbox, &span);
}

static void take_in_changes(HtContext *context)
{
    uint64_t tables = context->changes;
    context->changes = 0;
    cancel_changes(context);
    context->taken_in_us = ht_clock_mono_us();
    g_clear_pointer(&context->me, ht_me_free);
    /* Locked or not: what opens again shows the new file, and the old one can only go when nobody
     * reads it any more. */
    if (tables & HT_CHANGED_GENERATION)
        follow_generation(context);
    if (context->places->len > 0 && (tables & (HT_CHANGED_META | HT_CHANGED_GENERATION)))
        follow_lock(context);
    if (tables & (HT_CHANGED_META | HT_CHANGED_GENERATION))
        follow_forgetting(context);
    if (tables & HT_CHANGED_SHOWN)
        ht_context_tell_same(context);
    for (guint i = 0; i < context->places->len; i++)
        ((HtPlace *)context->places->pdata[i])->stale |= tables;
    if (context->places->len)
        take_in(ht_top_place(context));
    ht_context_emit_changed(context);
}

static gboolean on_changes_due(gpointer data)
{
    HtContext *context = data;
    context->change_timer = 0;
    take_in_changes(context);
    return G_SOURCE_REMOVE;
}

/* What somebody does here shows at once, and so does the first change after a rest. While the
 * server's changes pour in, a list is read again so often that keys stay quick. */
static void cache_changed(uint64_t tables, gpointer data)
{
    HtContext *context = data;
    context->changes |= tables;
    int64_t due_us = context->taken_in_us + TAKE_IN_MS * HT_US_PER_MS;
    int64_t wait_us = due_us - ht_clock_mono_us();
    if ((tables & AT_ONCE) || !context->taken_in_us || wait_us <= 0)
        take_in_changes(context);
    else if (!context->change_timer)
        context->change_timer =
            g_timeout_add((guint)(wait_us / HT_US_PER_MS) + 1, on_changes_due, context);
}

/* ---- what was opened
 * ----------------------------------------------------------------------------------- */
void ht_context_note_viewed(HtContext *context, HtKey match, bool blind, int seconds)
{
    gpointer key = GSIZE_TO_POINTER((gsize)match);
    int before = GPOINTER_TO_INT(g_hash_table_lookup(context->viewed, key));
    g_hash_table_insert(context->viewed, key, GINT_TO_POINTER(MAX(1, before + seconds)));
    if (context->parts.outbox)
        ht_outbox_note_view(context->parts.outbox, match, blind, seconds);
}

static void row_seen(HtKey match, bool blind, int seconds, gpointer data)
{
    ht_context_note_viewed(data, match, blind, seconds);
}

bool ht_context_was_viewed(HtContext *context, HtKey match, int *seconds)
{
    int here =
        GPOINTER_TO_INT(g_hash_table_lookup(context->viewed, GSIZE_TO_POINTER((gsize)match)));
    int64_t before = 0;
    bool seen = ht_cache_match_seen(context->parts.reader, match, &before);
    if (seconds)
        *seconds = (int)MAX(here, MIN(before, 86400));
    return here > 0 || seen;
}

/* ---- making
 * ------------------------------------------------------------------------------------------------
 */
static GTimeZone *zone_of(const HtSettings *settings)
{
    const char *name = settings ? ht_settings_string(settings, "ui.time_zone") : "";
    GTimeZone *zone = *name ? g_time_zone_new_identifier(name) : NULL;
    return zone ? zone : g_time_zone_new_local();
}

static void load_keys(HtContext *context)
{
    if (!context->parts.paths)
        return;
    g_autofree char *file =
        g_build_filename(ht_paths_config_dir(context->parts.paths), "config", NULL);
    g_autofree char *text = ht_file_load_trusted(file, MAX_CONFIG, NULL, NULL);
    if (!text)
        return;
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    if (ht_keymap_load(context->keymap, file, text, warnings) > 0)
        ht_context_set_message(context, HT_STYLE_WARNING, "%s", (char *)warnings->pdata[0]);
}

HtContext *ht_context_new(const HtContextParts *parts, GError **error)
{
    g_autoptr(HtContext) context = g_new0(HtContext, 1);
    context->parts = *parts;
    context->keymap = ht_keymap_new();
    context->zone = zone_of(parts->settings);
    context->places = g_ptr_array_new_with_free_func(place_free);
    context->viewed = g_hash_table_new(g_direct_hash, g_direct_equal);
    context->hint_keys = g_ptr_array_new_with_free_func(g_free);
    context->cancel = g_cancellable_new();
    context->preview = -1;
    context->generation = 1;
    g_mutex_init(&context->save_lock);
    g_queue_init(&context->typeahead);
    g_queue_init(&context->results);
    if (parts->interactive) {
        context->loader = ht_loader_new(parts->cache, error);
        if (!context->loader)
            return NULL;
        context->subscription = ht_cache_subscribe(parts->cache, NULL, cache_changed, context);
    }
    context->view_parts = (HtViewParts){.reader = parts->reader,
                                        .loader = context->loader,
                                        .zone = context->zone,
                                        .seen = row_seen,
                                        .seen_data = context};
    load_keys(context);
    return g_steal_pointer(&context);
}

static void result_free(gpointer data)
{
    ht_result_clear(data);
    g_free(data);
}

void ht_context_free(HtContext *context)
{
    if (!context)
        return;
    context->is_closing = true;
    if (context->subscription)
        ht_cache_unsubscribe(context->parts.cache, context->subscription);
    cancel_changes(context);
    ht_context_stop_errand(context, NULL);
    /* Intents under way are written anyway; their receipts come here, and here must still be. */
    gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;
    while (context->in_flight > 0 && g_get_monotonic_time() < end) {
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(500);
    }
    if (context->save_timer)
        g_source_remove(context->save_timer);
    if (context->saver)
        g_thread_pool_free(context->saver, FALSE, TRUE);
    g_mutex_clear(&context->save_lock);
    g_ptr_array_unref(context->places);
    ht_loader_free(context->loader);
    ht_keymap_free(context->keymap);
    g_hash_table_unref(context->viewed);
    g_ptr_array_unref(context->hint_keys);
    ht_context_forget_waiting(context);
    g_queue_clear_full(&context->results, result_free);
    g_clear_pointer(&context->me, ht_me_free);
    g_time_zone_unref(context->zone);
    g_object_unref(context->cancel);
    g_free(context->sticky.label);
    g_free(context->repeat.text);
    g_clear_pointer(&context->kept, g_hash_table_unref);
    g_clear_pointer(&context->given_up, g_hash_table_unref);
    g_clear_pointer(&context->plans, g_hash_table_unref);
    g_free(context->message);
    g_free(context->state_text);
    g_free(context->no_server);
    g_free(context->warning);
    g_free(context->saved_session);
    g_free(context->forgot);
    g_free(context);
}

const HtContextParts *ht_context_parts(const HtContext *context)
{
    return &context->parts;
}

/* What came of a question: a person who asked is told, also when nothing of it changed. */
static void say_answer(HtContext *context)
{
    HtSyncStatus status;
    ht_sync_status(context->parts.sync, &status);
    if (!context->asked || (int)(status.answered - context->asked) < 0)
        return;
    context->asked = 0;
    if (status.state == HT_SYNC_LIVE || status.state == HT_SYNC_LOADING)
        ht_context_set_message(context, HT_STYLE_SUCCESS, "The server answered.");
    else
        ht_context_set_message(context, HT_STYLE_ERROR, "Not synced: %s",
                               *status.error ? status.error : ht_sync_state_name(status.state));
}

static void sync_status_changed(gpointer data)
{
    HtContext *context = data;
    HtView *view = ht_top(context);
    say_answer(context);
    /* The one view that says what the sync says. */
    if (view && ht_view_id(view) == HT_VIEW_STATUS)
        ht_view_refresh(view, HT_CHANGED_META);
    ht_context_emit_changed(context);
}

void ht_context_set_sync(HtContext *context, HtSync *sync)
{
    context->parts.sync = sync;
    if (sync)
        ht_sync_set_notify(sync, NULL, sync_status_changed, context);
}

void ht_context_set_changed(HtContext *context, void (*changed)(HtContext *, gpointer),
                            gpointer user_data)
{
    context->changed = changed;
    context->changed_data = user_data;
}

HtKeymap *ht_context_keymap(HtContext *context)
{
    return context->keymap;
}

const HtMe *ht_context_me(HtContext *context)
{
    if (!context->me)
        context->me = ht_cache_me(context->parts.reader, NULL);
    return context->me;
}

void ht_context_set_size(HtContext *context, int columns, int lines)
{
    context->columns = columns;
    context->lines = lines;
}

bool ht_context_preview_on(const HtContext *context)
{
    if (context->preview >= 0)
        return context->preview > 0;
    const char *setting = context->parts.settings
                              ? ht_settings_string(context->parts.settings, "ui.preview")
                              : "auto";
    if (strcmp(setting, "off") == 0)
        return false;
    return strcmp(setting, "auto") != 0 || context->columns >= 120;
}

bool ht_context_is_busy(HtContext *context)
{
    if (context->in_flight > 0 || context->typeahead.length > 0 || context->results.length > 0 ||
        context->changes)
        return true;
    if (context->loader && ht_loader_is_busy(context->loader))
        return true;
    HtView *view = ht_top(context);
    return view && ht_view_is_loading(view);
}

void ht_context_landed(HtContext *context)
{
    for (guint i = 0; i < context->places->len; i++)
        ((HtPlace *)context->places->pdata[i])->stale |= HT_CHANGED_SHOWN;
    take_in(ht_top_place(context));
}

/* ---- what a prompt was about
 * -------------------------------------------------------------------------------- */
static HtKey row_here(HtView *view)
{
    HtKey key = ht_view_current_key(view);
    if (!key)
        key = ht_view_current_match(view);
    return key ? key : ht_view_current_candidate(view);
}

/* The palette's choices are commands; those of all others may be keys of the cache. */
static void note_asked(HtContext *context, const HtCommand *command, HtPrompt *prompt)
{
    HtView *view = ht_top(context);
    bool changes = command->flags & HT_CMD_CHANGES_DATA;
    bool chooses = prompt->kind == HT_PROMPT_CHOICE && !(command->flags & HT_CMD_NO_PALETTE);
    if (prompt->asked_in || (!changes && !chooses))
        return;
    prompt->asked_in = context->generation;
    bool marked = (command->flags & HT_CMD_BULK) && ht_view_marks(view) > 0;
    if (changes && (command->flags & HT_CMD_NEEDS_ROW) && !marked) {
        prompt->asked_view = view;
        prompt->asked_about = row_here(view);
    }
}

static void pass_on_asked(const HtPrompt *from, HtPrompt *to)
{
    if (to->asked_in)
        return;
    to->asked_in = from->asked_in;
    to->asked_view = from->asked_view;
    to->asked_about = from->asked_about;
}

/* While somebody thought about the answer, the row may have gone, and another one stands in its
 * place; or the cache was loaded anew, and its keys are other rows'. NULL: it is as it was. */
static const char *what_went(HtContext *context, const HtPrompt *prompt)
{
    HtView *view = ht_top(context);
    if (prompt->asked_in && prompt->asked_in != context->generation)
        return "everything was loaded anew meanwhile, so nothing was done: ask again";
    if (prompt->asked_about &&
        (view != prompt->asked_view || row_here(view) != prompt->asked_about))
        return "that row is not here any more, so nothing was done";
    return NULL;
}

HtResult ht_context_run(HtContext *context, const HtCommand *command, const HtArgs *args)
{
    const char *why;
    if (!ht_command_works(command, context, &why))
        return ht_result_error("%s: %s", command->summary, why);
    HtArgs none = {0};
    HtResult result = command->run(context, args ? args : &none);
    if (result.prompt)
        note_asked(context, command, result.prompt);
    if ((command->flags & HT_CMD_REPEATABLE) && result.kind != HT_RESULT_ERROR)
        context->repeat.command = command;
    ht_context_put_message(context, &result);
    return result;
}

HtResult ht_context_run_line(HtContext *context, const char *line)
{
    g_autofree char *copy = g_strstrip(g_strdup(line ? line : ""));
    char *rest = strpbrk(copy, " \t");
    if (rest) {
        *rest = '\0';
        rest = g_strstrip(rest + 1);
    }
    if (!*copy)
        return ht_result_none();
    const HtCommand *command = ht_command_find(copy);
    if (!command)
        return ht_result_error("there is no command '%s'", copy);
    HtArgs args = {.text = rest && *rest ? rest : NULL};
    return ht_context_run(context, command, &args);
}

/* A closed prompt would make commands of what is typed on. */
static bool lacks_words(const HtPrompt *prompt)
{
    g_autofree char *text = prompt->wanted ? g_strstrip(g_strdup(prompt->text)) : NULL;
    return text && !*text;
}

HtResult ht_context_answer(HtContext *context, HtPrompt *prompt)
{
    g_autoptr(HtPrompt) owned = prompt;
    const char *gone = what_went(context, owned);
    if (gone && owned->cancelled) /* its words are not lost */
        owned->cancelled(context, owned);
    if (!gone && lacks_words(owned)) {
        g_free(owned->error);
        owned->error = g_strdup(owned->wanted);
        return ht_result_prompt(g_steal_pointer(&owned));
    }
    bool before = context->in_run;
    context->in_run = true;
    bool answered = ht_thread_answers_keys(context->parts.interactive);
    HtResult result = gone ? ht_result_error("%s", gone) : prompt->then(context, prompt);
    ht_thread_answers_keys(answered);
    context->in_run = before;
    if (result.prompt)
        pass_on_asked(owned, result.prompt);
    ht_context_put_message(context, &result);
    return result;
}

void ht_context_cancel(HtContext *context, HtPrompt *prompt)
{
    if (prompt->cancelled)
        prompt->cancelled(context, prompt);
    ht_prompt_free(prompt);
    ht_context_work_off(context);
}

/* ---- lines of the frame
 * ---------------------------------------------------------------------------------------- */
void ht_context_set_message(HtContext *context, HtStyle role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_free(context->message);
    context->message = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    context->message_role = role;
}

const char *ht_context_message(HtContext *context, HtStyle *role)
{
    if (role)
        *role = context->message_role;
    return context->message;
}

void ht_context_set_no_server(HtContext *context, const char *why)
{
    g_free(context->no_server);
    context->no_server = ht_text_sanitize(why, -1, HT_TEXT_LINE, NULL);
    ht_context_emit_changed(context);
}

/* What the title's one word cannot say: why nothing comes. */
static const char *why_no_line(const HtContext *context, const HtSyncStatus *status)
{
    bool refused = status->state == HT_SYNC_REFUSED;
    bool never = status->state == HT_SYNC_OFFLINE && status->last_sync_us <= 0;
    if (!context->parts.sync)
        return context->no_server;
    return (refused || never) && *status->error ? status->error : NULL;
}

static const char *keep_warning(HtContext *context, char *taken)
{
    g_free(context->warning);
    context->warning = taken;
    return taken;
}

const char *ht_context_warning(HtContext *context)
{
    HtSyncStatus status;
    HtView *view = ht_top(context);
    if (ht_context_wants_password(context, &status) && view) {
        const char *key =
            ht_keymap_first_key(context->keymap, ht_view_id(view), ht_command_find("password"));
        const char *what = status.password == HT_SYNC_PASSWORD_WRONG ? "refused" : "wants";
        g_autofree char *text =
            g_strdup_printf("%s: the server %s your password%s", key ? key : ": password", what,
                            context->columns >= ROOMY_COLUMNS ? ". Work goes on offline." : "");
        return keep_warning(context, g_steal_pointer(&text));
    }
    const char *why = why_no_line(context, &status);
    if (!why && !*status.warning)
        return NULL;
    return keep_warning(context,
                        ht_text_sanitize(why ? why : status.warning, -1, HT_TEXT_LINE, NULL));
}

static const char *state_word(const HtSyncStatus *status, HtStyle *role, GString *out)
{
    char age[16];
    *role = HT_STYLE_STATE_LIVE;
    switch (status->state) {
    case HT_SYNC_LIVE:
        return "live";
    case HT_SYNC_ELSEWHERE:
        return "live elsewhere";
    case HT_SYNC_LOADING:
        if (status->progress.total_estimate > 0)
            g_string_append_printf(
                out, "loading %d %%",
                (int)MIN(99, status->progress.rows * 100 / status->progress.total_estimate));
        return out->len ? out->str : "loading";
    case HT_SYNC_CONNECTING:
        *role = HT_STYLE_STATE_PENDING;
        return "connecting";
    case HT_SYNC_REFUSED:
        *role = HT_STYLE_ERROR;
        if (status->password == HT_SYNC_PASSWORD_WANTED)
            return "password wanted";
        return status->password == HT_SYNC_PASSWORD_WRONG ? "password refused" : "refused";
    case HT_SYNC_LOCKED:
        *role = HT_STYLE_ERROR;
        return "locked";
    case HT_SYNC_NEVER:
    case HT_SYNC_OFFLINE:
    default:
        *role = HT_STYLE_STATE_OFFLINE;
        g_string_append(out, "offline");
        if (status->last_sync_us > 0)
            g_string_append_printf(
                out, " %s", ht_clock_format_age(ht_clock_now_us() - status->last_sync_us, age));
        return out->str;
    }
}

const char *ht_context_state_text(HtContext *context, HtStyle *role)
{
    HtSyncStatus status = {.state = HT_SYNC_NEVER};
    HtOutboxCounts counts = {0};
    if (context->parts.sync)
        ht_sync_status(context->parts.sync, &status);
    if (context->parts.outbox)
        ht_outbox_counts(context->parts.outbox, &counts);
    g_autoptr(GString) word = g_string_new(NULL);
    HtStyle found = HT_STYLE_STATE_OFFLINE;
    const char *text = state_word(&status, &found, word);
    bool live = found == HT_STYLE_STATE_LIVE;
    const char *sign = ht_text_is_ascii() ? (live ? "*" : "o") : live ? "●" : "○";
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s %s", sign, text);
    if (counts.pending + counts.sending > 0)
        g_string_append_printf(out, " %s%d", ht_text_is_ascii() ? "^" : "↑",
                               counts.pending + counts.sending);
    int trouble = counts.conflicts + counts.rejected + counts.parked;
    if (trouble > 0)
        g_string_append_printf(out, " !%d", trouble);
    if (role)
        *role = trouble > 0 ? HT_STYLE_STATE_CONFLICT : found;
    g_free(context->state_text);
    context->state_text = g_string_free(out, FALSE);
    return context->state_text;
}

guint ht_context_state_due_ms(HtContext *context)
{
    HtSyncStatus status = {.state = HT_SYNC_NEVER};
    if (context->parts.sync)
        ht_sync_status(context->parts.sync, &status);
    if ((status.state != HT_SYNC_NEVER && status.state != HT_SYNC_OFFLINE) ||
        status.last_sync_us <= 0)
        return 0;
    int64_t age = MAX(0, ht_clock_now_us() - status.last_sync_us);
    int64_t unit = age < HT_US_PER_MINUTE ? HT_US_PER_S
                   : age < HT_US_PER_HOUR ? HT_US_PER_MINUTE
                                          : HT_US_PER_HOUR;
    return (guint)((unit - age % unit) / HT_US_PER_MS) + 1;
}

static int add_hint(HtContext *context, HtHint *hints, int n, const HtCommand *command)
{
    HtView *view = ht_top(context);
    const char *key = ht_keymap_first_key(context->keymap, ht_view_id(view), command);
    if (!key)
        return n;
    hints[n].key = key;
    hints[n].word = command->hint ? command->hint : command->name;
    if (strcmp(command->name, "open") == 0 && ht_conflict_in_outbox(context))
        hints[n].word = "compare";
    return n + 1;
}

int ht_context_hints(HtContext *context, HtHint *hints, int max)
{
    HtView *view = ht_top(context);
    int n_commands, n = 0;
    const HtCommand *commands = ht_commands(&n_commands);
    max = MIN(max, 5);
    bool is_empty = view && ht_view_kind(view) == HT_VIEW_TABLE && !ht_view_is_loading(view) &&
                    ht_view_rows(view) == 0;
    /* Decisions first: they are what a list is for. */
    for (int pass = 0; view && pass < 2; pass++) {
        for (int i = 0; i < n_commands && n < max - (pass == 0 ? 1 : 0); i++) {
            bool decides = commands[i].flags & HT_CMD_CHANGES_DATA;
            bool fits = !(commands[i].flags & HT_CMD_NEEDS_TEXT) || ht_conflict_has_text(context);
            fits = fits && !(is_empty && decides); /* there is nothing to change */
            if ((commands[i].flags & HT_CMD_HINT) && fits && decides == (pass == 0) &&
                (commands[i].views & (1u << ht_view_id(view))))
                n = add_hint(context, hints, n, &commands[i]);
        }
    }
    return n;
}
