/* The table of commands. Help, palette, hints, --dump-keys, docs/keys.md and the tests walk it. */
#include "commands.h"
#include "context_impl.h"

#include <string.h>

#define LISTS                                                                                      \
    (HT_IN(JOBS) | HT_IN(MATCHES) | HT_IN(CANDIDATES) | HT_IN(AGENDA) | HT_IN(FEEDBACK) |          \
     HT_IN(SEARCH) | HT_IN(OUTBOX) | HT_IN(CONFLICTS) | HT_IN(HELP) | HT_IN(SHEET))
#define RANKED (HT_IN(MATCHES) | HT_IN(CANDIDATES))
#define PEOPLE                                                                                     \
    (RANKED | HT_IN(REVIEW) | HT_IN(CANDIDATE) | HT_IN(AGENDA) | HT_IN(FEEDBACK) | HT_IN(SEARCH))
#define DECIDES (RANKED | HT_IN(REVIEW) | HT_IN(CANDIDATE))
#define SETTLES (HT_IN(CONFLICTS) | HT_IN(CONFLICT))
#define NAMES (PEOPLE | SETTLES | HT_IN(OUTBOX))
#define MARKS (RANKED | HT_IN(JOBS))
#define MOVE (HT_CMD_COUNT | HT_CMD_NO_PALETTE)
#define DECIDE                                                                                     \
    (HT_CMD_NEEDS_ROW | HT_CMD_BULK | HT_CMD_CHANGES_DATA | HT_CMD_REPEATABLE | HT_CMD_HINT |      \
     HT_CMD_NEEDS_MATCH)
#define WRITE                                                                                      \
    (HT_CMD_NEEDS_ROW | HT_CMD_BULK | HT_CMD_CHANGES_DATA | HT_CMD_REPEATABLE | HT_CMD_NEEDS_PERSON)

/* clang-format off */
static const HtCommand commands[] = {
    /* name            keys                views              flags                 hint       usage      summary  group  run */
    {"down",           "j Down",           HT_IN_ALL,         MOVE, "down",      NULL,      "One line down", "Move", ht_cmd_down},
    {"up",             "k Up",             HT_IN_ALL,         MOVE, "up",      NULL,      "One line up", "Move", ht_cmd_up},
    {"half.down",      "C-d",              HT_IN_ALL,         MOVE, "half down",      NULL,      "Half a page down", "Move", ht_cmd_half_down},
    {"half.up",        "C-u",              HT_IN_ALL,         MOVE, "half up",      NULL,      "Half a page up", "Move", ht_cmd_half_up},
    {"page.down",      "C-f PgDn",         HT_IN_ALL,         MOVE, "page",      NULL,      "A page down", "Move", ht_cmd_page_down},
    {"page.up",        "C-b PgUp",         HT_IN_ALL,         MOVE, "page up",      NULL,      "A page up", "Move", ht_cmd_page_up},
    {"first",          "gg Home",          HT_IN_ALL,         MOVE, "top",      NULL,      "To the first row", "Move", ht_cmd_first},
    {"last",           "G End",            HT_IN_ALL,         MOVE, "end",      NULL,      "To the last row; with a number before it, to that row", "Move", ht_cmd_last},
    {"preview.down",   "J",                LISTS,             MOVE, "preview down",      NULL,      "The preview one line down", "Move", ht_cmd_preview_down},
    {"preview.up",     "K",                LISTS,             MOVE, "preview up",      NULL,      "The preview one line up", "Move", ht_cmd_preview_up},

    {"open",           "Enter",            LISTS & ~HT_IN(SHEET), HT_CMD_NEEDS_ROW | HT_CMD_HINT, "open", NULL, "Open the row", "Open", ht_cmd_open},
    {"back",           "q",                HT_IN_ALL,         0,                    "back",    NULL,      "Go back", "Open", ht_cmd_back},
    {"escape",         "Esc C-g",          HT_IN_ALL,         HT_CMD_NO_PALETTE, "stop",      NULL,      "Stop, leave the limit, go back, in that order", "Open", ht_cmd_escape},
    {"quit",           "Q",                HT_IN_ALL,         0,                    "quit",    NULL,      "Leave the program", "Open", ht_cmd_quit},
    {"tab.next",       "Tab",              HT_IN(CANDIDATE),  HT_CMD_NO_PALETTE, "next tab",      NULL,      "The next tab", "Open", ht_cmd_next_tab},
    {"tab.previous",   "S-Tab",            HT_IN(CANDIDATE),  HT_CMD_NO_PALETTE, "tab before",      NULL,      "The tab before", "Open", ht_cmd_previous_tab},
    {"tab",            "g1 g2 g3 g4 g5 g6 g7 g8 g9", HT_IN(CANDIDATE), 0,           "tab",     "NUMBER",  "A tab by its number", "Open", ht_cmd_tab},
    {"go.jobs",        "gj",               HT_IN_ALL,         0,                    "jobs",    NULL,      "Jobs", "Go", ht_cmd_go_jobs},
    {"go.candidates",  "gc",               HT_IN_ALL,         0,                    "candidates", NULL,   "Everybody who applied to anything", "Go", ht_cmd_go_candidates},
    {"go.agenda",      "ga",               HT_IN_ALL,         0,                    "agenda",  NULL,      "Interviews by day", "Go", ht_cmd_go_agenda},
    {"go.feedback",    "gf",               HT_IN_ALL,         0,                    "feedback", NULL,     "Interview feedback, newest first", "Go", ht_cmd_go_feedback},
    {"go.search",      "g/",               HT_IN_ALL,         0,                    "search",  "[WORDS]", "Search people, résumés, transcripts and notes", "Go", ht_cmd_go_search},
    {"go.outbox",      "go",               HT_IN_ALL,         0,                    "outbox",  NULL,      "What has not left yet", "Go", ht_cmd_go_outbox},
    {"go.conflicts",   "gx",               HT_IN_ALL,         0,                    "conflicts", NULL,    "Where somebody else decided otherwise", "Go", ht_cmd_go_conflicts},
    {"go.status",      "gs",               HT_IN_ALL,         0,                    "status",  NULL,      "Connection, cache and outbox", "Go", ht_cmd_go_status},

    {"mark",           "Space",            MARKS,             HT_CMD_NEEDS_ROW | HT_CMD_COUNT, "mark", NULL, "Mark the row and step down", "Mark", ht_cmd_mark_toggle},
    {"mark.range",     "v",                MARKS,             HT_CMD_NEEDS_ROW,     "range",   NULL,      "Mark from here; again: up to here", "Mark", ht_cmd_mark_range},
    {"mark.all",       "*",                MARKS,             HT_CMD_NEEDS_ROW,     "all",     NULL,      "Mark every row of the present limit", "Mark", ht_cmd_mark_all},
    {"mark.filter",    "+",                MARKS,             HT_CMD_NEEDS_ROW, "mark by filter",      "FILTER",  "Mark the rows that a filter lets pass", "Mark", ht_cmd_mark_filter},
    {"unmark.filter",  "-",                MARKS,             HT_CMD_NEEDS_ROW, "unmark",      "FILTER",  "Take the marks off the rows that a filter lets pass", "Mark", ht_cmd_unmark_filter},
    {"mark.same",      ",",                MARKS,             HT_CMD_NEEDS_ROW, "same value",      NULL,      "Mark the rows with the same value in the sorted column", "Mark", ht_cmd_mark_same},
    {"mark.invert",    "^",                MARKS,             HT_CMD_NEEDS_ROW, "others",      NULL,      "Mark the others", "Mark", ht_cmd_mark_invert},
    {"mark.none",      "U",                MARKS,             0, "unmark all",      NULL,      "Take all marks off", "Mark", ht_cmd_mark_none},
    {"mark.last",      "gv",               MARKS,             0, "last marks",      NULL,      "The marks as they were last", "Mark", ht_cmd_mark_last},
    {"mark.only",      "M",                MARKS,             0, "only marked",      NULL,      "Show the marked rows alone, or all again", "Mark", ht_cmd_mark_only},

    {"advance",        "a",                DECIDES,           DECIDE,               "advance", NULL,      "Shortlist, or move to the next stage", "Decide", ht_cmd_advance},
    {"reject",         "x",                DECIDES,           DECIDE,               "reject",  NULL,      "Reject with the chosen reason", "Decide", ht_cmd_reject},
    {"reason",         "X",                DECIDES | HT_IN(SHEET), 0,               "reason",  NULL,      "Choose the reason that x rejects with", "Decide", ht_cmd_reason},
    {"hold",           "h",                DECIDES,           DECIDE,               "hold",    "DAY",     "Hold until a day", "Decide", ht_cmd_hold},
    {"reopen",         "o",                DECIDES,           DECIDE & ~HT_CMD_HINT, "reopen", NULL,      "Bring back who was rejected or withdrew, to the stage before", "Decide", ht_cmd_reopen},
    {"undo",           "u",                HT_IN_ALL,         HT_CMD_CHANGES_DATA,  "undo",    NULL,      "Take back the last action, a bulk one as a whole", "Decide", ht_cmd_undo},
    {"redo",           "C-r",              HT_IN_ALL,         HT_CMD_CHANGES_DATA, "redo",      NULL,      "Do again what was taken back", "Decide", ht_cmd_redo},
    {"undo.pass",      "gu",               HT_IN_ALL,         HT_CMD_CHANGES_DATA, "undo pass",      NULL,      "Take back the whole pass of the review queue", "Decide", ht_cmd_undo_pass},
    {"repeat",         ".",                PEOPLE,            HT_CMD_NEEDS_ROW | HT_CMD_BULK | HT_CMD_CHANGES_DATA | HT_CMD_NEEDS_PERSON, "repeat", NULL, "Do the last action again, here", "Decide", ht_cmd_repeat},
    {"sheet.commit",   "Enter",            HT_IN(SHEET),      HT_CMD_CHANGES_DATA | HT_CMD_HINT, "do it", NULL, "Reject the rows of the sheet", "Decide", ht_cmd_sheet_commit},
    {"sheet.toggle",   "Space",            HT_IN(SHEET),      HT_CMD_NEEDS_ROW | HT_CMD_HINT, "leave out", NULL, "Leave the row out, or take it in again", "Decide", ht_cmd_sheet_toggle},

    {"review",         "r",                HT_IN(JOBS) | RANKED, HT_CMD_NEEDS_ROW | HT_CMD_HINT, "review", NULL, "Review the undecided one by one, in the order shown", "Read", ht_cmd_review},
    {"review.skip",    "s",                HT_IN(REVIEW),     HT_CMD_HINT,          "skip",    NULL,      "Decide later, go on", "Read", ht_cmd_review_skip},
    {"evidence",       "e",                PEOPLE & ~HT_IN(REVIEW), HT_CMD_NEEDS_ROW | HT_CMD_NEEDS_PERSON, "why", NULL, "Why: the evidence behind the score", "Read", ht_cmd_evidence},
    {"preview",        "p",                LISTS,             0,                    "preview", NULL,      "Show or hide the preview", "Read", ht_cmd_preview},
    {"blind",          "b",                NAMES | HT_IN(JOBS), 0, "blind",    NULL,      "Blind, here and in what is opened from here: hide names, contacts, schools and the résumé's dates, or show them", "Read", ht_cmd_blind},
    {"refresh",        "R",                HT_IN_ALL,         0,                    "refresh", NULL,      "Take in new rows", "Read", ht_cmd_refresh},

    {"note",           "w",                PEOPLE,            WRITE,                "note",    "TEXT",    "Write a note", "Write", ht_cmd_note},
    {"note.editor",    "E",                PEOPLE,            HT_CMD_NEEDS_ROW | HT_CMD_BULK | HT_CMD_CHANGES_DATA | HT_CMD_NEEDS_PERSON, "long note", NULL, "Write a note in your editor", "Write", ht_cmd_note_editor},
    {"tags",           "t",                PEOPLE,            WRITE,                "tags",    "TAG -TAG", "Add tags, remove them with a minus before", "Write", ht_cmd_tags},

    {"feedback",       "f",                DECIDES | HT_IN(AGENDA), HT_CMD_NEEDS_ROW | HT_CMD_CHANGES_DATA | HT_CMD_NEEDS_PERSON, "feedback", NULL, "Give feedback on an interview: rating, recommendation, words", "Write", ht_cmd_feedback},
    {"schedule",       "S",                DECIDES | HT_IN(AGENDA), HT_CMD_NEEDS_ROW | HT_CMD_CHANGES_DATA | HT_CMD_NEEDS_MATCH, "schedule", NULL, "Plan an interview; on one: move or cancel it", "Write", ht_cmd_schedule},

    {"limit",          "l",                LISTS & ~HT_IN(SHEET), HT_CMD_HINT,      "limit",   "FILTER",  "Show only what a filter lets pass", "Find", ht_cmd_limit},
    {"search",         "/",                HT_IN_ALL,         HT_CMD_HINT,          "search",  "WORDS",   "Search here", "Find", ht_cmd_search},
    {"search.next",    "n",                HT_IN_ALL,         MOVE, "next hit",      NULL,      "The next hit", "Find", ht_cmd_search_next},
    {"search.previous", "N",               HT_IN_ALL,         MOVE, "hit before",      NULL,      "The hit before", "Find", ht_cmd_search_previous},
    {"sort.next",      "]",                HT_IN(JOBS) | RANKED, 0,                 "sort",    NULL,      "Sort by the next column", "Find", ht_cmd_sort_next},
    {"sort.previous",  "[",                HT_IN(JOBS) | RANKED, 0, "sort before",      NULL,      "Sort by the column before", "Find", ht_cmd_sort_previous},
    {"sort.turn",      "|",                HT_IN(JOBS) | RANKED, 0, "turn",      NULL,      "Turn the order round", "Find", ht_cmd_sort_turn},
    {"copy",           "y",                HT_IN_ALL,         0, "copy",      NULL,      "Copy the row or the text", "Find", ht_cmd_copy},

    {"palette",        ": C-p",            HT_IN_ALL,         HT_CMD_NO_PALETTE, "commands",      NULL,      "Any command by its name", "Everything", ht_cmd_palette},
    {"help",           "? F1",             HT_IN_ALL,         HT_CMD_HINT,          "keys",    NULL,      "The keys that work here; Enter runs one", "Everything", ht_cmd_help},
    {"sync.now",       "gr",               HT_IN_ALL,         0, "sync now",      NULL,      "Send and fetch now", "Everything", ht_cmd_sync_now},
    {"password",       "gp",               HT_IN_ALL,         0, "password",      NULL,      "Give the password that the server asks for", "Everything", ht_cmd_password},
    {"conflict.mine",  "m",                SETTLES, HT_CMD_CHANGES_DATA | HT_CMD_HINT, "keep mine", NULL, "Keep mine: send it again on what is there now", "Everything", ht_cmd_keep_mine},
    {"conflict.theirs", "t",               SETTLES,           HT_CMD_CHANGES_DATA | HT_CMD_HINT, "take theirs", NULL, "Take theirs: drop mine", "Everything", ht_cmd_take_theirs},
    {"conflict.edit",  "E",                SETTLES,           HT_CMD_CHANGES_DATA | HT_CMD_HINT | HT_CMD_NEEDS_TEXT, "edit mine", NULL, "Edit mine in your editor and send that", "Everything", ht_cmd_edit_mine},
    {"outbox.again",   "m",                HT_IN(OUTBOX),     HT_CMD_NEEDS_ROW | HT_CMD_CHANGES_DATA, "send again", NULL, "Send again what was parked or refused", "Everything", ht_cmd_keep_mine},
    {"outbox.unpark",  "M",                HT_IN(OUTBOX),     HT_CMD_CHANGES_DATA, "send parked", NULL, "Send again everything that was parked", "Everything", ht_cmd_unpark},
    {"outbox.drop",    "D",                SETTLES | HT_IN(OUTBOX), HT_CMD_CHANGES_DATA | HT_CMD_HINT, "drop", NULL, "Give up what has not left yet", "Everything", ht_cmd_drop},
};
/* clang-format on */

const HtCommand *ht_commands(int *n_commands)
{
    *n_commands = G_N_ELEMENTS(commands);
    return commands;
}

const HtCommand *ht_command_find(const char *name)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static const char *reason_against(const HtCommand *command, HtContext *context)
{
    HtView *view = ht_top(context);
    if (!view)
        return "there is nothing on the screen yet";
    if (!(command->views & (1u << ht_view_id(view))))
        return "it does not work in this view";
    if (command->flags & HT_CMD_CHANGES_DATA) {
        if (!ht_context_parts(context)->outbox)
            return "this session is read only";
        const HtMe *me = ht_context_me(context);
        if (me && me->role && (ht_role_parse(me->role) & HT_ROLE_VIEWER))
            return "your role may look, not change";
    }
    if (context->is_locked && strcmp(command->group, "Everything") != 0 &&
        strcmp(command->group, "Open") != 0 && strcmp(command->group, "Move") != 0)
        return "the cache is locked: only the server can open it again (sync now asks it)";
    bool marked = (command->flags & HT_CMD_BULK) && ht_view_marks(view) > 0;
    if ((command->flags & HT_CMD_NEEDS_ROW) && !marked && ht_view_current_key(view) == 0)
        return ht_view_is_loading(view) ? "the list is still loading" : "the list is empty";
    if ((command->flags & HT_CMD_NEEDS_MATCH) && !marked && ht_view_current_match(view) == 0)
        return "this row is not an application";
    if ((command->flags & HT_CMD_NEEDS_PERSON) && !marked && ht_view_current_candidate(view) == 0 &&
        ht_view_current_match(view) == 0)
        return "this row is not a person";
    if ((command->flags & HT_CMD_NEEDS_TEXT) && !ht_conflict_has_text(context))
        return "there is no text in it to edit: keep yours or take theirs";
    return NULL;
}

bool ht_command_works(const HtCommand *command, HtContext *context, const char **why)
{
    const char *against = reason_against(command, context);
    if (why)
        *why = against;
    return !against;
}
