/* Inside the command layer: what a context keeps, and what handlers share. */
#pragma once

#include "hiretty/base/clock.h"
#include "hiretty/base/error.h"
#include "hiretty/base/log.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/command/context.h"
#include "hiretty/command/prompt.h"
#include "hiretty/domain/interview.h"
#include "hiretty/domain/machine.h"
#include "hiretty/view/views.h"

#define MAX_CONFIG ((gsize)1024 * 1024)

/* The reason that `x` rejects with. */
typedef struct HtSticky {
    HtKey key;
    HtUuid id;
    char *label;
    bool requires_note;
    bool is_kept; /* chosen for what comes, or used; else `x` asks again */
} HtSticky;

/* What `.` does again. */
typedef struct HtRepeat {
    const HtCommand *command;
    HtDecisionKind decision;
    int64_t hold_until;
    char *text; /* tags, a note */
} HtRepeat;

/* A view on the stack and the changes it has not taken in yet. */
typedef struct HtPlace {
    HtView *view;
    uint64_t stale;
    char *forgotten_limit; /* typed before people had to be forgotten: not written down any more */
} HtPlace;

struct HtContext {
    HtContextParts parts;
    HtKeymap *keymap;
    HtLoader *loader;
    GTimeZone *zone;
    HtViewParts view_parts;
    GPtrArray *places; /* HtPlace, top last */
    guint generation;  /* how many of the cache were seen */
    guint subscription;
    uint64_t changes;   /* of the cache, not taken in yet */
    guint change_timer; /* until they are */
    int64_t taken_in_us;
    void (*changed)(HtContext *, gpointer);
    gpointer changed_data;
    HtSticky sticky;
    HtRepeat repeat;
    GHashTable *kept;     /* what it is about → words, both char *: see kept.c */
    GHashTable *given_up; /* the same of words that were given up */
    GHashTable *plans;    /* the same of interviews that were planned halfway: see cmd_meet.c */
    guint64 pass;
    guint asked; /* the number of a question to the server whose outcome is to be said; 0 = none */
    const HtView *awaits_hits; /* of a search that was sent off; compared, never followed */
    GHashTable *viewed;        /* match → seconds, this session */
    GCancellable *cancel;
    int in_flight;
    guint writing;           /* rows of an intent among those that may take seconds; else 0 */
    struct HtErrand *errand; /* that is among those; NULL = none */
    GQueue typeahead;        /* HtWaiting *: see typeahead.c */
    GQueue results;          /* HtResult *: of worked-off keys */
    bool in_run;
    char *message;
    HtStyle message_role;
    char *state_text;
    char *no_server;      /* why there is none; NULL */
    char *warning;        /* borrowed by who asked last */
    GPtrArray *hint_keys; /* char *: borrowed by the last hints */
    int columns, lines;
    int preview; /* -1: by size, 0, 1 */
    HtMe *me;
    GThreadPool *saver;
    int save_serial;  /* atomic: the newest text that waits to be written */
    GMutex save_lock; /* around writing the file */
    guint save_timer;
    int64_t saved_at_us; /* monotonic */
    char *saved_session; /* the text written last */
    char *forgot;        /* when people last had to be forgotten, as the cache says it */
    bool is_closing, is_locked;
};

HtView *ht_top(HtContext *context);
HtPlace *ht_top_place(HtContext *context);
/* For a view that is opened from the top one: it is blind if that is. Until the next call. */
const HtViewParts *ht_view_parts(HtContext *context);
void ht_context_emit_changed(HtContext *context);
/* The line of a result that is nothing but a line. */
void ht_context_put_message(HtContext *context, const HtResult *result);
/* The cache is locked: nothing but the status is shown, and the reason. */
void ht_context_lock(HtContext *context);
const HtMe *ht_context_me(HtContext *context);
/* Writes the session when it differs from what was written last; in the background if interactive.
 */
void ht_context_session_touch(HtContext *context);
char *ht_context_session_text(HtContext *context);
/* Rebuilds the views of a session's text; false when nothing of it can be shown. */
bool ht_context_session_restore(HtContext *context, const char *text);

/* Does the server ask for a password that a person has to type? *status is filled in any case. */
bool ht_context_wants_password(HtContext *context, HtSyncStatus *status);

/* ---- intents
 * -------------------------------------------------------------------------------------- */
typedef HtResult (*HtReceiptFunc)(HtContext *context, const HtReceipt *receipt, const GError *error,
                                  gpointer data);
/* Hands an intent over (taken). `done` turns the receipt into a message; called at once when not
 * interactive, else later. */
HtResult ht_context_submit(HtContext *context, HtIntent *intent, HtReceiptFunc done, gpointer data,
                           GDestroyNotify free_data);
HtResult ht_context_submit_undo_pass(HtContext *context, guint64 pass, HtReceiptFunc done);
/* The same with what is stuck in the outbox (copied); n: how many it was about. */
typedef HtResult (*HtSettledFunc)(HtContext *context, guint n, const GError *error, gpointer data);
HtResult ht_context_settle(HtContext *context, const HtSettle *settle, HtSettledFunc done,
                           gpointer data, GDestroyNotify free_data);

/* ---- reading before something is done (errand.c)
 * ------------------------------------------------------------------------------------------- */
typedef struct HtErrandSpec {
    guint rows;   /* how many are read; above HT_FEW_ROWS it is done away from the UI's thread */
    bool is_long; /* so it is in any case */
    /* On the reader's thread or here; NULL: failed, or *stop. */
    gpointer (*run)(HtReader *reader, gpointer data, const gint *stop, GError **error);
    HtResult (*done)(HtContext *context, gpointer result, gpointer data); /* result: borrowed */
    gpointer data;
    GDestroyNotify free_data; /* may be NULL; any thread */
    GDestroyNotify free_result;
} HtErrandSpec;
/* Nothing else may be under way: keys wait for it. */
HtResult ht_context_errand(HtContext *context, const HtErrandSpec *spec);
/* false: none runs. What was typed behind it is forgotten. `why` may be NULL. */
bool ht_context_stop_errand(HtContext *context, const char *why);
/* A key; true: it was for the one that runs. */
bool ht_context_meanwhile(HtContext *context, const char *key);

/* Something is on disk or refused: the views take it in, then its outcome (taken) is shown or kept
 * for the screen, and the keys that waited are worked off. */
void ht_context_landed(HtContext *context);
void ht_context_go_on(HtContext *context, HtResult *result, bool is_written);
/* Whether a match was opened here, and for how many seconds. */
bool ht_context_was_viewed(HtContext *context, HtKey match, int *seconds);
void ht_context_note_viewed(HtContext *context, HtKey match, bool blind, int seconds);

/* Why a filter may not reject people of a job whom nobody opened; NULL: it may. It has to say more
 * than score, stage and dates: whom it is about, not only whom it is not, and somebody of the job
 * has to be left out by that. Static; some ms for a large job. */
const char *ht_rule_lacks(HtReader *reader, const char *filter, HtKey job);

/* "3d", "2w", "tomorrow", "friday", "2026-05-01": the start of that day in the zone. */
bool ht_parse_day(const char *text, GTimeZone *zone, int64_t *out_us, GError **error);
/* "Fri 4 Dec 2026", for what a hold says. Caller frees. */
char *ht_day_of_hold(const HtContext *context, int64_t until);

/* "friday 14:00" (the next one: today, if it is still to come), "tomorrow 9:30",
 * "2026-05-04 14:00", "14:00" (today), in the zone. */
bool ht_parse_moment(const char *text, GTimeZone *zone, int64_t *out_us, GError **error);

/* ---- interviews (meet.c)
 * -------------------------------------------------------------------------- */
/* The interview that feedback on a person is about, with me on its panel: the last one that has
 * begun, else the next. 0 = there is none. */
HtKey ht_meet_mine(HtContext *context, HtKey candidate, HtKey match);
/* The one person of that whole name who has an interview: `mine`, with me on its panel and not
 * cancelled, else one that is planned and still to come. 0 = nobody, or several. */
HtKey ht_meet_person(HtContext *context, const char *name, bool mine);
/* There is no feedback on what has not begun: REFUSED, with its day. */
bool ht_meet_has_begun(const HtContext *context, const HtInterview *interview, GError **error);
/* There is no interview to plan with who is hired, rejected or withdrawn: REFUSED, with the way
 * out. An application that cannot be looked up is left to what comes next. */
bool ht_meet_is_open(HtContext *context, HtKey match, GError **error);
/* Those that are planned and still to come (HtInterview*), of a person or an application, the last
 * one first. Caller unrefs. */
GPtrArray *ht_meet_planned(HtContext *context, HtKey candidate, HtKey match);
/* "Fri 4 Dec 2026 14:00 technical", in the recruiter's zone; not cleaned. Caller frees. */
char *ht_meet_say(HtContext *context, const HtInterview *interview);
/* "ines, Ivan I": colleagues by the start of their names; false names the one that is not found or
 * not unique. Appends keys. */
bool ht_meet_panel(HtContext *context, const char *names, GArray *panel, GError **error);
/* The recruiter's zone by its IANA name, "UTC" if it has none. */
const char *ht_meet_zone(HtContext *context);

/* ---- views
 * -------------------------------------------------------------------------------------------- */
HtView *ht_new_help_view(HtContext *context, HtViewId for_view);
HtView *ht_new_outbox_view(HtContext *context);
HtView *ht_new_conflicts_view(HtContext *context);
/* One of them: base, mine and theirs beside each other. */
HtView *ht_new_conflict_view(HtContext *context, int64_t seq);
/* The number of the intent under the cursor, or that the view is about; 0 = none. */
int64_t ht_conflict_here(HtContext *context);
/* Is the row under the cursor one of the outbox that somebody decided otherwise? */
bool ht_conflict_in_outbox(HtContext *context);
/* Is that one about words that can be edited? As the view was filled last; no look-up. */
bool ht_conflict_has_text(HtContext *context);
HtView *ht_new_status_view(HtContext *context);
/* The name under which words about these rows, all of them and no other, are kept. Caller frees. */
char *ht_context_words_about(HtContext *context, const char *what, GArray *keys);
/* Words about something ("feedback ID") that did not get into the outbox, for when they are asked
 * for again; `words` NULL: they did. Not written down: they go with the process. */
void ht_context_keep_words(HtContext *context, const char *about, const char *words);
/* Borrowed until the next call of the other; NULL: none. */
const char *ht_context_kept_words(HtContext *context, const char *about);
/* The same of words that somebody typed and gave up (Esc): they come back, and are not missed at
 * the end. */
void ht_context_keep_given_up(HtContext *context, const char *about, const char *words);
const char *ht_context_given_up(HtContext *context, const char *about);
/* filter_help.c: the filter language as rows of the list of keys, whose numbers begin here. */
#define HT_FILTER_HELP_FIRST 10000
void ht_add_filter_help(GPtrArray *rows, bool of_jobs);
/* filter_choices.c: what Tab completes a filter to in a view of that kind; nothing where lists take
 * words alone. */
void ht_add_filter_choices(HtPrompt *prompt, HtViewId id);
/* The same of values that people wrote, once the text has their field at its end. For `changed`. */
void ht_follow_filter_choices(HtContext *context, HtPrompt *prompt);
/* The key of a command where we are, or ":NAME". Caller frees. */
char *ht_context_key_of(HtContext *context, const char *command);
/* Keeps them, if there is something to keep, and says which key brings them back; `command` asks
 * for them. */
void ht_context_give_up(HtContext *context, const char *about, const char *words,
                        const char *command);
/* Are there any that did not get into the outbox? Those that were given up do not count. */
bool ht_context_has_kept_words(const HtContext *context);
/* An error about such words, that says which key brings them back; `command` asks for them. */
HtResult ht_result_kept(HtContext *context, const char *command, const GError *error);
/* Whom an intent is about, as the cache knows it (not cleaned); hidden where the stage is reviewed
 * blind, and where the view is that is open (a verb has none); "" when unknown. Caller frees. */
char *ht_context_who(HtContext *context, HtKey match, HtKey candidate);
/* The same for a question and its answer, so that nobody answers it for somebody else: cleaned,
 * cut, and never "". Caller frees. */
char *ht_context_whom(HtContext *context, HtKey match, HtKey candidate);
/* The one person that a receipt is about, "" when it is about several: hidden as well where the
 * stage was reviewed blind that this led out of. Caller frees. */
char *ht_context_who_moved(HtContext *context, const HtReceipt *receipt);
/* The same of an item of the outbox: NULL when unknown; and for people to read, who are told that
 * somebody is not in the cache any more; and what was written in it (NULL: NULL). `blind`: the view
 * that asks is, a verb is not. Caller frees. */
char *ht_context_who_of(HtContext *context, const HtOutboxItem *item, bool blind);
char *ht_context_say_who(HtContext *context, const HtOutboxItem *item, bool blind);
char *ht_context_words_of(HtContext *context, const HtOutboxItem *item, const char *text,
                          bool blind);
/* One line about what between these numbers somebody else had decided the same; NULL = nothing. `n`
 * of them, 0: they are counted here. Not cleaned, caller frees. */
char *ht_context_say_same(HtContext *context, const HtOpSpan *span, guint n);
/* Says it of what was not told yet. Nobody has to do anything about it: it is said once. */
void ht_context_tell_same(HtContext *context);
/* What becomes of a conflict of that number when mine is kept; and what has become of it, in a
 * line.
 */
HtKeep ht_keep_of(HtContext *context, int64_t seq);
const char *ht_say_settled(HtResolution resolution, HtKeep keep);
/* The application or person that a receipt is about, when it is one; else 0. */
HtKey ht_context_one_of(const HtReceipt *receipt);
/* The sheet of a bulk rejection. NULL and error when no row may be taken. */
/* Reads them (HtKey) and opens the sheet of their rejection; says whom it leaves out. */
HtResult ht_open_sheet(HtContext *context, const GArray *matches);
/* Shows that tab of the person on top; the evidence counts as seen then. false: there is none. */
bool ht_show_tab(HtContext *context, int tab);
HtResult ht_reject_targets(HtContext *context);
HtResult ht_pick_reason(HtContext *context, const char *what, HtPromptThen then);
bool ht_take_reason(HtContext *context, HtPrompt *prompt);
