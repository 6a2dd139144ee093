/* Interviews with the people on their panels. Whether one is mine is a question of the membership
 * that the last sync named. */
#include "hiretty/cache/interviews.h"

#include "internal.h"

#include "hiretty/cache/candidates.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/domain/candidate.h"

static bool add_panel(HtReader *reader, HtInterview *interview, HtKey me, GError **error)
{
    interview->panel = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_panel_member_free);
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("interview_panel"), interview->key, error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtPanelMember *member = g_new0(HtPanelMember, 1);
        member->key = ht_stmt_int(use.stmt, 0);
        member->member = ht_stmt_int(use.stmt, 1);
        member->name = ht_person_name(ht_stmt_text(use.stmt, 2), ht_stmt_text(use.stmt, 3));
        member->role = ht_stmt_dup_text(use.stmt, 4);
        member->rsvp = ht_stmt_dup_text(use.stmt, 5);
        member->feedback_required = ht_stmt_int(use.stmt, 6) != 0;
        member->feedback_given = ht_stmt_int(use.stmt, 7) != 0;
        member->feedback_due_at = ht_stmt_int(use.stmt, 8);
        member->is_pending = ht_stmt_int(use.stmt, 9) != 0;
        member->is_conflict = ht_stmt_int(use.stmt, 10) != 0;
        member->is_me = me && member->member == me;
        g_ptr_array_add(interview->panel, member);
    }
    return step == HT_STEP_DONE;
}

static HtInterview *read_interview(HtStmt *stmt)
{
    HtInterview *interview = g_new0(HtInterview, 1);
    interview->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &interview->id);
    interview->match = ht_stmt_int(stmt, 2);
    interview->candidate = ht_stmt_int(stmt, 3);
    interview->job = ht_stmt_int(stmt, 4);
    interview->type = ht_stmt_dup_text(stmt, 5);
    interview->status = ht_stmt_dup_text(stmt, 6);
    interview->timezone = ht_stmt_dup_text(stmt, 7);
    interview->meeting_provider = ht_stmt_dup_text(stmt, 8);
    interview->meeting_url = ht_stmt_dup_text(stmt, 9);
    interview->notes = ht_stmt_dup_text(stmt, 10);
    interview->candidate_name = ht_person_name(ht_stmt_text(stmt, 11), ht_stmt_text(stmt, 12));
    interview->candidate_timezone = ht_stmt_dup_text(stmt, 13);
    interview->job_title = ht_stmt_dup_text(stmt, 14);
    interview->scheduled_at = ht_stmt_int(stmt, 15);
    interview->duration_minutes = ht_stmt_int(stmt, 16);
    interview->is_mine = ht_stmt_int(stmt, 17) != 0;
    interview->is_pending = ht_stmt_int(stmt, 18) != 0;
    interview->is_conflict = ht_stmt_int(stmt, 19) != 0;
    interview->is_there = ht_stmt_int(stmt, 20) != 0;
    interview->row_version = ht_stmt_int(stmt, 21);
    return interview;
}

static HtKey my_member(HtReader *reader)
{
    g_autoptr(HtMe) me = ht_cache_me(reader, NULL);
    return me ? me->member_key : 0;
}

/* Steps `stmt` to its end into `list`, then reads the panels. */
static bool collect(HtReader *reader, HtStmt *stmt, HtKey me, GPtrArray *list, GError **error)
{
    guint first = list->len;
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(list, read_interview(stmt));
    if (step == HT_STEP_ERROR)
        return false;
    for (guint i = first; i < list->len; i++) {
        if (!add_panel(reader, list->pdata[i], me, error))
            return false;
    }
    return true;
}

static GPtrArray *new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_interview_free);
}

GPtrArray *ht_cache_agenda(HtReader *reader, int64_t from_us, int64_t to_us, bool mine_only,
                           GError **error)
{
    HtKey me = my_member(reader);
    g_autoptr(GPtrArray) list = new_list();
    if (mine_only && !me)
        return g_steal_pointer(&list);
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("interviews_agenda"), from_us, error)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_int(use.stmt, 2, to_us);
    ht_stmt_bind_int(use.stmt, 3, mine_only ? me : 0);
    ht_stmt_bind_int(use.stmt, 4, me);
    return collect(reader, use.stmt, me, list, error) ? g_steal_pointer(&list) : NULL;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const HtInterview *const *x = a, *const *y = b;
    if ((*x)->scheduled_at == (*y)->scheduled_at)
        return 0;
    return (*x)->scheduled_at < (*y)->scheduled_at ? 1 : -1;
}

GPtrArray *ht_cache_interviews(HtReader *reader, HtKey candidate, HtKey match, GError **error)
{
    HtKey me = my_member(reader);
    g_autoptr(GPtrArray) list = new_list();
    g_autoptr(HtKeyArray) matches = ht_reader_matches_of(reader, candidate, match, error);
    if (!matches)
        return NULL;
    for (gsize i = 0; i < matches->n; i++) {
        g_auto(HtStmtUse) use = {
            ht_reader_query(reader, HT_QUERY("interviews_of_match"), matches->keys[i], error)};
        if (!use.stmt)
            return NULL;
        ht_stmt_bind_int(use.stmt, 4, me);
        if (!collect(reader, use.stmt, me, list, error))
            return NULL;
    }
    g_ptr_array_sort(list, newest_first);
    return g_steal_pointer(&list);
}

HtInterview *ht_cache_interview(HtReader *reader, HtKey key, GError **error)
{
    HtKey me = my_member(reader);
    g_autoptr(GPtrArray) list = new_list();
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("interview_row"), key, error)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_int(use.stmt, 4, me);
    if (!collect(reader, use.stmt, me, list, error))
        return NULL;
    if (list->len == 0) {
        ht_cache_not_found(error, "this interview is not here any more");
        return NULL;
    }
    return g_ptr_array_steal_index(list, 0);
}

static void free_member(gpointer data)
{
    HtMember *member = data;
    g_free(member->name);
    g_free(member->role);
    g_free(member);
}

GPtrArray *ht_cache_members(HtReader *reader, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_member);
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(reader), HT_QUERY("members"), error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtMember *member = g_new0(HtMember, 1);
        member->key = ht_stmt_int(use.stmt, 0);
        member->name = ht_person_name(ht_stmt_text(use.stmt, 1), ht_stmt_text(use.stmt, 2));
        member->role = ht_stmt_dup_text(use.stmt, 3);
        g_ptr_array_add(list, member);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&list) : NULL;
}
