/* Feedback, as far as the server let it into this cache. */
#include "hiretty/cache/feedback.h"

#include "internal.h"

#include "hiretty/base/json.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/domain/candidate.h"

static char **read_flags(const char *json_text)
{
    g_autoptr(GPtrArray) flags = g_ptr_array_new();
    g_autoptr(HtJson) json = json_text ? ht_json_parse(json_text, -1, NULL) : NULL;
    const HtJson *list = ht_json_type(json) == HT_JSON_OBJECT ? ht_json_get(json, "flags") : json;
    for (const HtJson *e = ht_json_first(list); e; e = ht_json_next(e)) {
        const char *text = ht_json_string(e, NULL);
        if (text)
            g_ptr_array_add(flags, g_strdup(text));
    }
    g_ptr_array_add(flags, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&flags), FALSE);
}

static HtFeedback *read_feedback(HtStmt *stmt, HtKey me)
{
    HtFeedback *feedback = g_new0(HtFeedback, 1);
    feedback->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &feedback->id);
    feedback->interview = ht_stmt_int(stmt, 2);
    feedback->match = ht_stmt_int(stmt, 3);
    feedback->author = ht_person_name(ht_stmt_text(stmt, 4), ht_stmt_text(stmt, 5));
    feedback->interview_type = ht_stmt_dup_text(stmt, 6);
    feedback->recommendation = ht_stmt_dup_text(stmt, 7);
    feedback->notes = ht_stmt_dup_text(stmt, 8);
    feedback->rating = ht_stmt_int(stmt, 9);
    feedback->technical_rating = ht_stmt_int(stmt, 10);
    feedback->cultural_fit_rating = ht_stmt_int(stmt, 11);
    feedback->communication_rating = ht_stmt_int(stmt, 12);
    feedback->red_flags = read_flags(ht_stmt_text(stmt, 13));
    feedback->submitted_at = ht_stmt_int(stmt, 14);
    feedback->created_at = ht_stmt_int(stmt, 15);
    feedback->is_pending = ht_stmt_int(stmt, 17) != 0;
    feedback->is_conflict = ht_stmt_int(stmt, 18) != 0;
    feedback->is_there = ht_stmt_int(stmt, 19) != 0;
    feedback->row_version = ht_stmt_int(stmt, 20);
    feedback->is_mine = me && ht_stmt_int(stmt, 16) == me;
    return feedback;
}

static bool collect(HtStmt *stmt, HtKey me, GPtrArray *list, GError **error)
{
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(list, read_feedback(stmt, me));
    return step == HT_STEP_DONE;
}

static HtKey my_member(HtReader *reader)
{
    g_autoptr(HtMe) me = ht_cache_me(reader, NULL);
    return me ? me->member_key : 0;
}

static GPtrArray *new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_feedback_free);
}

static int64_t time_of(const HtFeedback *feedback)
{
    return feedback->submitted_at ? feedback->submitted_at : feedback->created_at;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const HtFeedback *const *x = a, *const *y = b;
    if (time_of(*x) == time_of(*y))
        return 0;
    return time_of(*x) < time_of(*y) ? 1 : -1;
}

GPtrArray *ht_cache_feedback(HtReader *reader, HtKey candidate, HtKey match, GError **error)
{
    HtKey me = my_member(reader);
    g_autoptr(GPtrArray) list = new_list();
    g_autoptr(HtKeyArray) matches = ht_reader_matches_of(reader, candidate, match, error);
    for (gsize i = 0; matches && i < matches->n; i++) {
        g_auto(HtStmtUse)
            use = {ht_reader_query(reader, HT_QUERY("feedback_of_match"), matches->keys[i], error)};
        if (!use.stmt || !collect(use.stmt, me, list, error))
            return NULL;
    }
    g_ptr_array_sort(list, newest_first);
    return matches ? g_steal_pointer(&list) : NULL;
}

GPtrArray *ht_cache_feedback_recent(HtReader *reader, gsize limit, GError **error)
{
    g_autoptr(GPtrArray) list = new_list();
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("feedback_recent"), (int64_t)limit, error)};
    if (!use.stmt || !collect(use.stmt, my_member(reader), list, error))
        return NULL;
    return g_steal_pointer(&list);
}

HtFeedback *ht_cache_feedback_mine(HtReader *reader, HtKey interview, HtKey panel)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("feedback_mine"), interview, NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_int(use.stmt, 2, panel);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? read_feedback(use.stmt, my_member(reader))
                                                       : NULL;
}
