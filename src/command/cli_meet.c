/* Writing about interviews from the command line: one's feedback, and planning, moving and
 * cancelling them. */
#include "cli_impl.h"

#include "hiretty/cache/interviews.h"

#include <string.h>

enum { NAMED_INTERVIEWS = 5 };

static HtKey find_mine(HtContext *context, const char *verb, HtKey person, HtKey match, int *exit)
{
    HtKey key = ht_meet_mine(context, person, match);
    if (key || !ht_cli_has_read(context, verb, exit))
        return key;
    ht_print_error(verb, "you are on no panel of an interview with this person", NULL);
    *exit = HT_EXIT_FAILED;
    return 0;
}

static HtKey find_planned(HtContext *context, const char *verb, HtKey person, HtKey match,
                          int *exit)
{
    g_autoptr(GPtrArray) list = ht_meet_planned(context, person, match);
    if (!ht_cli_has_read(context, verb, exit))
        return 0;
    if (list->len == 1)
        return ((const HtInterview *)list->pdata[0])->key;
    g_autoptr(GString) which = g_string_new(NULL);
    for (guint i = list->len; i > 0 && list->len - i < NAMED_INTERVIEWS; i--) { /* the next first */
        const HtInterview *interview = list->pdata[i - 1];
        char id[HT_UUID_TEXT];
        g_autofree char *when = ht_meet_say(context, interview);
        g_string_append_printf(which, "%s%s (%s)", which->len ? ", " : ": ", when,
                               ht_uuid_format(&interview->id, id));
    }
    g_string_prepend(which, list->len ? "several interviews are planned with this person"
                                      : "no interview is planned with this person");
    ht_print_error(verb, which->str, list->len ? "give --job, or the id" : NULL);
    *exit = HT_EXIT_FAILED;
    return 0;
}

/* An interview by its id, or the one meant by a person: 0 after having said why not. */
static HtKey find_interview(HtContext *context, const char *verb, const HtCliOptions *options,
                            bool mine, int *exit)
{
    HtUuid id;
    const char *who = options->rest[1];
    HtReader *reader = context->parts.reader;
    HtKey key = ht_uuid_parse(who, &id) ? ht_reader_key(reader, &id) : 0;
    g_autoptr(HtInterview) given = key ? ht_cache_interview(reader, key, NULL) : NULL;
    if (given)
        return key;
    HtKey person, match;
    /* Of people of one name the one with whom there was such an interview. */
    bool by_name = !options->job && !ht_cache_candidate_find(reader, who, NULL);
    if (by_name && (person = ht_meet_person(context, who, mine)))
        return mine ? find_mine(context, verb, person, 0, exit)
                    : find_planned(context, verb, person, 0, exit);
    if (!ht_cli_who(context, verb, options, who, &person, &match, exit))
        return 0;
    return mine ? find_mine(context, verb, person, match, exit)
                : find_planned(context, verb, person, match, exit);
}

/* ---- feedback
 * ----------------------------------------------------------------------------------------- */
int ht_cli_feedback_write(HtCliHost *host, const HtCliOptions *options)
{
    int exit;
    if (ht_cli_n_rest(options) != 2)
        return ht_cli_usage_error("feedback", "write wants one person or interview");
    if (!options->rating && !options->recommend && !options->note && !options->submit)
        return ht_cli_usage_error("feedback",
                                  "--rating, --recommend, --note or --submit is wanted");
    HtContext *context = ht_cli_open_filled(host, "feedback", &exit);
    HtKey interview = context ? find_interview(context, "feedback", options, true, &exit) : 0;
    if (!interview)
        return exit;
    GError *error = NULL;
    g_autoptr(HtInterview) about = ht_cache_interview(context->parts.reader, interview, &error);
    if (!about || !ht_meet_has_begun(context, about, &error))
        return ht_cli_fail("feedback", error);
    HtIntent *intent = ht_intent_new(HT_INTENT_FEEDBACK);
    intent->interview = interview;
    intent->rating = options->rating;
    intent->recommendation = g_strdup(options->recommend);
    intent->note = g_strdup(options->note);
    intent->submit = options->submit;
    return ht_cli_record(host, context, "feedback", intent, options);
}

/* ---- interviews
 * --------------------------------------------------------------------------------------- */
/* Time, length, kind, panel and note of the options; false after having said what is wrong. */
static bool fill(HtContext *context, HtIntent *intent, const HtCliOptions *options, int *exit)
{
    GError *error = NULL;
    if (options->at && !ht_parse_moment(options->at, context->zone, &intent->starts_at, &error)) {
        *exit = ht_cli_usage_error("interviews", "--at: %s", error->message);
        g_error_free(error);
        return false;
    }
    if (options->panel && !ht_meet_panel(context, options->panel, intent->panel, &error)) {
        *exit = ht_cli_usage_error("interviews", "--panel: %s", error->message);
        g_error_free(error);
        return false;
    }
    intent->minutes = options->minutes;
    intent->interview_type = g_strdup(options->kind);
    intent->note = g_strdup(options->note);
    intent->time_zone = g_strdup(ht_meet_zone(context));
    return true;
}

static int add(HtCliHost *host, const HtCliOptions *options)
{
    int exit;
    HtKey person, match;
    if (!options->at || !options->kind || !options->panel)
        return ht_cli_usage_error("interviews", "add wants --at, --kind and --panel");
    HtContext *context = ht_cli_open_filled(host, "interviews", &exit);
    if (!context)
        return exit;
    if (!ht_cli_who(context, "interviews", options, options->rest[1], &person, &match, &exit))
        return exit;
    if (!match)
        return ht_cli_usage_error("interviews", "for which job? --job is wanted");
    GError *error = NULL;
    if (!ht_meet_is_open(context, match, &error))
        return ht_cli_fail("interviews", error);
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_INTERVIEW_ADD);
    intent->note_match = match;
    if (!fill(context, intent, options, &exit))
        return exit;
    return ht_cli_record(host, context, "interviews", g_steal_pointer(&intent), options);
}

static int change(HtCliHost *host, const HtCliOptions *options, bool cancel)
{
    int exit;
    if (!cancel && !options->at && !options->minutes && !options->kind && !options->note)
        return ht_cli_usage_error("interviews", "move wants --at, --minutes, --kind or --note");
    HtContext *context = ht_cli_open_filled(host, "interviews", &exit);
    HtKey interview = context ? find_interview(context, "interviews", options, false, &exit) : 0;
    if (!interview)
        return exit;
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    intent->interview = interview;
    intent->cancel = cancel;
    if (!cancel && !fill(context, intent, options, &exit))
        return exit;
    return ht_cli_record(host, context, "interviews", g_steal_pointer(&intent), options);
}

int ht_cli_interviews_change(HtCliHost *host, const HtCliOptions *options)
{
    const char *word = options->rest[0];
    bool adds = strcmp(word, "add") == 0, cancels = strcmp(word, "cancel") == 0;
    if (!adds && !cancels && strcmp(word, "move") != 0)
        return ht_cli_usage_error("interviews", "'%s' is not list, add, move or cancel", word);
    if (ht_cli_n_rest(options) != 2)
        return ht_cli_usage_error("interviews", "%s wants one person", word);
    return adds ? add(host, options) : change(host, options, cancels);
}
