/* Inside the command line: options, tables, JSON, and the wait for a push. */
#pragma once

#include "context_impl.h"

#include "hiretty/base/error.h"
#include "hiretty/base/json.h"
#include "hiretty/base/print.h"
#include "hiretty/command/cli.h"

/* Every option of every verb; a verb takes those that its row names. */
typedef struct HtCliOptions {
    gboolean help, json, plain, full, all, mine, defaults, redo, force, submit, unsent, parked;
    char *job, *where, *reason, *note, *until, *to, *sort, *value;
    char *recommend, *at, *kind, *panel;
    int limit, days, rating, minutes;
    char **rest; /* what is left, NULL-terminated, never NULL after parsing */
} HtCliOptions;

void ht_cli_options_clear(HtCliOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtCliOptions, ht_cli_options_clear)

/* What to do where a decision met who was rejected or withdrew. */
#define HT_CLI_REOPENS "hiretty reopen brings back who was rejected or withdrew"

/* Nothing in it, or white space alone. */
bool ht_cli_is_blank(const char *text);
/* False: an error or --help was dealt with, `exit` says how to end. */
bool ht_cli_parse(int argc, char **argv, HtCliOptions *options, int *exit);
/* "hiretty: VERB: what is wrong (hiretty VERB --help)"; HT_EXIT_USAGE. */
int ht_cli_usage_error(const char *verb, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* One line for an error, and the exit status that it means. Takes `error`. */
int ht_cli_fail(const char *verb, GError *error);
guint ht_cli_n_rest(const HtCliOptions *options);
/* The context with cache and outbox, NULL after having said why (`exit`). For what is kept here
 * whatever the cache holds. */
HtContext *ht_cli_open(HtCliHost *host, const char *verb, int *exit);
/* The same for a list: one line says that nothing was fetched yet, and it is empty. */
HtContext *ht_cli_open_list(HtCliHost *host, const char *verb, int *exit);
/* The same for somebody or something in it, which cannot be found where nothing was fetched yet. */
HtContext *ht_cli_open_filled(HtCliHost *host, const char *verb, int *exit);
/* A damaged file of ours was moved aside and an empty one took its place: one line each. */
void ht_cli_tell_mended(HtCliHost *host, HtContext *context);
/* Somebody else had decided the same as what an answer of before was about, and whoever took that
 * in was killed before he said so: one line. `told`: so many are told elsewhere. */
void ht_cli_tell_same(HtContext *context, guint told);
/* The job of --job: 0 after having said why. */
HtKey ht_cli_job(HtContext *context, const char *verb, const HtCliOptions *options, int *exit);
/* The filter of --where; false after having said why. NULL filter: none given. */
bool ht_cli_filter(const char *verb, const char *text, HtFilter **filter, int *exit);
/* Says on standard error what it asks for that there is not. */
void ht_cli_tell_doubt(HtContext *context, const HtFilter *filter);
/* Before "there is no such …", and before what must not be shown: false, having said so, if a
 * look-up failed. What a verb has shown in vain is told at its end (app). */
bool ht_cli_has_read(HtContext *context, const char *verb, int *exit);
/* The reason of --reason: 0 after having said which there are. */
HtKey ht_cli_reason(HtContext *context, const char *verb, const HtCliOptions *options, int *exit);
/* WHO is a person, or with --job (or as an id) an application; false after having said why. */
bool ht_cli_who(HtContext *context, const char *verb, const HtCliOptions *options, const char *who,
                HtKey *person, HtKey *match, int *exit);
/* Nobody has this whole name: adds who has parts of it to the message, or where to look. Takes a
 * NOT_FOUND error and gives one; leaves others. */
void ht_cli_add_near(HtContext *context, const char *text, GError **error);
/* Records an intent (taken), says what it did, and waits for the push; the exit status. */
int ht_cli_record(HtCliHost *host, HtContext *context, const char *verb, HtIntent *intent,
                  const HtCliOptions *options);
/* Flushes stdout: DONE, or FAILED with a line when something was lost. */
int ht_cli_finish(const char *verb);

/* ---- tables
 * ---------------------------------------------------------------------------------------- */
typedef struct HtCliTable HtCliTable;
/* `headings`: "Score|Name|…". Where the terminal is narrow a column of "=When" is never cut, and
 * one of "?Where" is left out before the others say nothing any more. */
HtCliTable *ht_cli_table_new(const char *headings);
/* Takes `text` (NULL = ""); cells go row by row. */
void ht_cli_table_add(HtCliTable *table, char *text);
/* Prints and frees. Plain: the same cells, " | " between them, no heading, nothing cut. */
void ht_cli_table_print(HtCliTable *table, bool plain);
/* Prints `array` where JSON is wanted, else the table, and says it when there is nothing. Takes and
 * frees both; `array` may be NULL where no JSON is wanted. */
void ht_cli_list(HtContext *context, const char *verb, HtJson *array, HtCliTable *table,
                 const HtCliOptions *options);
void ht_cli_table_free(HtCliTable *table);
void ht_cli_print_doc(const HtDoc *doc);
int ht_cli_columns(void);

void ht_cli_json_id(HtJson *object, const char *name, const HtUuid *id);
void ht_cli_json_key(HtJson *object, const char *name, HtReader *reader, HtKey key);
void ht_cli_json_time(HtJson *object, const char *name, int64_t us);
void ht_cli_print_json(HtJson *json); /* takes it */

/* ---- sync
 * ------------------------------------------------------------------------------------------- */
/* Sends what was just recorded: up to 5 s. The exit status and the message are about that alone,
 * whatever else waits or is in conflict. */
int ht_cli_push(HtCliHost *host, HtContext *context, const char *verb, const HtOpSpan *recorded);

/* One run of the sync with its report on stdout; the exit status. */
int ht_cli_sync(HtCliHost *host, const char *verb, HtSyncOnceFlags flags,
                const HtCliOptions *options);

/* "feedback write", "interviews add|move|cancel"; rest[0] is that word. */
int ht_cli_feedback_write(HtCliHost *host, const HtCliOptions *options);
int ht_cli_interviews_change(HtCliHost *host, const HtCliOptions *options);

/* Verbs by file. */
int ht_verb_sync(HtCliHost *host, int argc, char **argv);
int ht_verb_status(HtCliHost *host, int argc, char **argv);
int ht_verb_jobs(HtCliHost *host, int argc, char **argv);
int ht_verb_matches(HtCliHost *host, int argc, char **argv);
int ht_verb_candidate(HtCliHost *host, int argc, char **argv);
int ht_verb_transcript(HtCliHost *host, int argc, char **argv);
int ht_verb_interviews(HtCliHost *host, int argc, char **argv);
int ht_verb_feedback(HtCliHost *host, int argc, char **argv);
int ht_verb_search(HtCliHost *host, int argc, char **argv);
int ht_verb_advance(HtCliHost *host, int argc, char **argv);
int ht_verb_reject(HtCliHost *host, int argc, char **argv);
int ht_verb_hold(HtCliHost *host, int argc, char **argv);
int ht_verb_reopen(HtCliHost *host, int argc, char **argv);
int ht_verb_undo(HtCliHost *host, int argc, char **argv);
int ht_verb_note(HtCliHost *host, int argc, char **argv);
int ht_verb_outbox(HtCliHost *host, int argc, char **argv);
int ht_verb_conflicts(HtCliHost *host, int argc, char **argv);
int ht_verb_doctor(HtCliHost *host, int argc, char **argv);
int ht_verb_cache(HtCliHost *host, int argc, char **argv);
int ht_verb_config(HtCliHost *host, int argc, char **argv);
int ht_verb_completion(HtCliHost *host, int argc, char **argv);
