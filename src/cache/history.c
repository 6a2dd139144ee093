/* The way of a person through his applications: what people decided, what rules moved, who talked
 * to him, what was noted, and what this machine has not sent yet; newest first. One key may make
 * two decisions of one moment (a reopening, and what stands on it): these go by what they are based
 * on. */
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/interviews.h"
#include "hiretty/cache/jobs.h"

#include "internal.h"

#include "hiretty/domain/score.h"

typedef struct {
    HtReader *reader;
    GPtrArray *items;
    HtKey match, job;
    HtKey me; /* my user; 0 = not known */
    const char *job_title;
    GHashTable *said; /* keys of notes that stand under their decision */
} Build;

static HtHistoryItem *add_item(Build *build, HtHistoryKind kind, int64_t at)
{
    HtHistoryItem *item = g_new0(HtHistoryItem, 1);
    item->kind = kind;
    item->at = at;
    item->match = build->match;
    item->job = build->job;
    item->job_title = g_strdup(build->job_title);
    item->score_seen = HT_SCORE_NONE;
    item->agreed = -1;
    g_ptr_array_add(build->items, item);
    return item;
}

static int64_t score_of(HtStmt *stmt, int column)
{
    return ht_stmt_is_null(stmt, column) ? HT_SCORE_NONE : ht_stmt_int(stmt, column);
}

static int agreed_of(HtStmt *stmt, int column)
{
    return ht_stmt_is_null(stmt, column) ? -1 : ht_stmt_int(stmt, column) != 0;
}

static bool add_decisions(Build *build, GError **error)
{
    g_auto(HtStmtUse)
        use = {ht_reader_query(build->reader, HT_QUERY("history_decisions"), build->match, error)};
    HtStep step = HT_STEP_ERROR;
    HtStmt *stmt = use.stmt;
    while (stmt && (step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        HtHistoryItem *item = add_item(build, HT_HISTORY_DECISION, ht_stmt_int(stmt, 2));
        item->order = build->items->len;
        item->decision = ht_decision_parse(ht_stmt_text(stmt, 0));
        ht_stmt_uuid(stmt, 1, &item->decision_id);
        g_autofree char *actor = ht_person_name(ht_stmt_text(stmt, 3), ht_stmt_text(stmt, 4));
        bool is_mine = build->me && ht_stmt_int(stmt, 16) == build->me;
        item->actor = is_mine  ? g_strdup("you")
                      : *actor ? g_steal_pointer(&actor)
                               : ht_stmt_dup_text(stmt, 5);
        item->from_stage = ht_stmt_dup_text(stmt, 6);
        item->to_stage = ht_stmt_dup_text(stmt, 7);
        item->reason = ht_stmt_dup_text(stmt, 8);
        item->text = ht_stmt_dup_text(stmt, 9);
        item->score_seen = score_of(stmt, 10);
        item->agreed = agreed_of(stmt, 11);
        item->viewed = ht_stmt_int(stmt, 12) != 0;
        item->blind = ht_stmt_int(stmt, 13) != 0;
        item->seconds_viewed = ht_stmt_int(stmt, 14);
        item->is_reversed = ht_stmt_int(stmt, 15) != 0;
        HtKey note = ht_stmt_int(stmt, 17);
        g_hash_table_add(build->said, g_memdup2(&note, sizeof note));
    }
    return step == HT_STEP_DONE;
}

static bool add_pending(Build *build, GError **error)
{
    g_auto(HtStmtUse)
        use = {ht_reader_query(build->reader, HT_QUERY("history_pending"), build->match, error)};
    HtStep step = HT_STEP_ERROR;
    HtStmt *stmt = use.stmt;
    while (stmt && (step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        HtHistoryItem *item = add_item(build, HT_HISTORY_PENDING, ht_stmt_int(stmt, 2));
        item->order = build->items->len;
        item->decision = ht_decision_parse(ht_stmt_text(stmt, 0));
        ht_stmt_uuid(stmt, 1, &item->decision_id);
        item->actor = g_strdup("you");
        item->from_stage = ht_stmt_dup_text(stmt, 3);
        item->to_stage = ht_stmt_dup_text(stmt, 4);
        item->reason = ht_stmt_dup_text(stmt, 5);
        item->text = ht_stmt_dup_text(stmt, 6);
        item->score_seen = score_of(stmt, 7);
        item->agreed = agreed_of(stmt, 8);
        item->viewed = ht_stmt_int(stmt, 9) != 0;
        item->blind = ht_stmt_int(stmt, 10) != 0;
        item->seconds_viewed = ht_stmt_int(stmt, 11);
        item->is_conflict = ht_stmt_int(stmt, 12) != 0;
        item->is_reversed = ht_stmt_int(stmt, 13) != 0;
    }
    return step == HT_STEP_DONE;
}

static bool add_events(Build *build, GError **error)
{
    if (!ht_reader_is_settled(build->reader))
        return true;
    g_auto(HtStmtUse)
        use = {ht_reader_query(build->reader, HT_QUERY("history_events"), build->match, error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtHistoryItem *item = add_item(build, HT_HISTORY_EVENT, ht_stmt_int(use.stmt, 0));
        item->actor = ht_stmt_dup_text(use.stmt, 1);
        item->from_stage = ht_stmt_dup_text(use.stmt, 2);
        item->to_stage = ht_stmt_dup_text(use.stmt, 3);
    }
    return step == HT_STEP_DONE;
}

static bool add_match(Build *build, int64_t applied_at, GError **error)
{
    if (applied_at)
        add_item(build, HT_HISTORY_APPLIED, applied_at);
    return add_decisions(build, error) && add_pending(build, error) && add_events(build, error);
}

static bool add_application(Build *build, HtKey match, GError **error)
{
    g_auto(HtStmtUse)
        use = {ht_reader_query(build->reader, HT_QUERY("history_match"), match, error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE;
    build->match = match;
    build->job = ht_stmt_int(use.stmt, 0);
    build->job_title = ht_stmt_text(use.stmt, 1);
    return add_match(build, ht_stmt_int(use.stmt, 2), error);
}

static bool add_interviews(Build *build, HtKey candidate, HtKey match, GError **error)
{
    g_autoptr(GPtrArray) interviews = ht_cache_interviews(build->reader, candidate, match, error);
    if (!interviews)
        return false;
    for (guint i = 0; i < interviews->len; i++) {
        const HtInterview *interview = interviews->pdata[i];
        if (!interview->scheduled_at)
            continue;
        build->match = interview->match;
        build->job = interview->job;
        build->job_title = interview->job_title;
        HtHistoryItem *item = add_item(build, HT_HISTORY_INTERVIEW, interview->scheduled_at);
        item->text = g_strdup_printf("%s · %s", interview->type ? interview->type : "",
                                     interview->status ? interview->status : "");
    }
    return true;
}

static bool add_notes(Build *build, HtKey candidate, HtKey match, GError **error)
{
    g_autoptr(GPtrArray) notes = ht_cache_notes(build->reader, candidate, error);
    if (!notes)
        return false;
    build->job = 0;
    build->job_title = NULL;
    for (guint i = 0; i < notes->len; i++) {
        const HtNote *note = notes->pdata[i];
        bool is_others = match && note->match && note->match != match;
        if (is_others || (note->key && g_hash_table_contains(build->said, &note->key)))
            continue;
        build->match = note->match;
        HtHistoryItem *item = add_item(build, HT_HISTORY_NOTE, note->created_at);
        item->actor = g_strdup(note->is_mine ? "you" : note->author);
        item->text = g_strdup(note->body);
        item->is_conflict = note->is_conflict;
    }
    return true;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const HtHistoryItem *const *x = a, *const *y = b;
    if ((*x)->at != (*y)->at)
        return (*x)->at < (*y)->at ? 1 : -1;
    if ((*x)->kind != (*y)->kind)
        return (int)(*y)->kind - (int)(*x)->kind;
    return (*x)->order < (*y)->order ? 1 : (*x)->order > (*y)->order ? -1 : 0;
}

GPtrArray *ht_cache_history(HtReader *reader, HtKey candidate, HtKey match, GError **error)
{
    g_autoptr(GPtrArray) items =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_history_item_free);
    g_autoptr(HtMe) me = ht_cache_me(reader, NULL);
    g_autoptr(GHashTable) said = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Build build = {.reader = reader, .items = items, .me = me ? me->user_key : 0, .said = said};
    g_autoptr(HtKeyArray) matches = ht_reader_matches_of(reader, candidate, match, error);
    for (gsize i = 0; matches && i < matches->n; i++) {
        if (!add_application(&build, matches->keys[i], error))
            return NULL;
    }
    build.job_title = NULL;
    if (!matches || !add_interviews(&build, candidate, match, error) ||
        !add_notes(&build, candidate, match, error))
        return NULL;
    g_ptr_array_sort(items, newest_first);
    return g_steal_pointer(&items);
}
