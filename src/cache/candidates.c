/* One person: the row, the current résumé, notes and tags as shown, and the way here. */
#include "hiretty/cache/candidates.h"

#include "find.h"
#include "internal.h"
#include "match_filter.h"

#include "hiretty/base/json.h"
#include "hiretty/base/text.h"

#include <string.h>

static void read_person(HtStmt *stmt, HtCandidate *person)
{
    person->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &person->id);
    person->first_name = ht_stmt_dup_text(stmt, 2);
    person->last_name = ht_stmt_dup_text(stmt, 3);
    person->name = ht_person_name(person->first_name, person->last_name);
    char **const texts[] = {
        &person->email,           &person->phone,         &person->linkedin_url,
        &person->github_url,      &person->portfolio_url, &person->current_title,
        &person->current_company, &person->last_title,    &person->last_company,
        &person->location,        &person->source,        &person->timezone,
        &person->skills};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = ht_stmt_dup_text(stmt, 4 + (int)i);
    person->created_at = ht_stmt_int(stmt, 17);
    person->consent_given_at = ht_stmt_int(stmt, 18);
    person->anonymised_at = ht_stmt_int(stmt, 19);
    person->merged_into = ht_stmt_int(stmt, 20);
}

HtCandidate *ht_cache_candidate(HtReader *reader, HtKey key, GError **error)
{
    g_autoptr(HtCandidate) person = g_new0(HtCandidate, 1);
    {
        g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("candidate_row"), key, error)};
        HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
        if (step == HT_STEP_DONE)
            ht_cache_not_found(error, "this person is not here any more");
        if (step != HT_STEP_ROW)
            return NULL;
        read_person(use.stmt, person);
    }
    person->tags = ht_cache_tags(reader, key, error);
    return person->tags ? g_steal_pointer(&person) : NULL;
}

HtResume *ht_cache_resume(HtReader *reader, HtKey candidate, GError **error)
{
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("candidate_resume"), candidate, error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return NULL;
    HtResume *resume = g_new0(HtResume, 1);
    ht_resume_read(resume, ht_stmt_text(use.stmt, 8));
    resume->key = ht_stmt_int(use.stmt, 0);
    ht_stmt_uuid(use.stmt, 1, &resume->id);
    resume->file_name = ht_stmt_dup_text(use.stmt, 2);
    resume->language = ht_stmt_dup_text(use.stmt, 3);
    resume->version = ht_stmt_int(use.stmt, 4);
    resume->uploaded_at = ht_stmt_int(use.stmt, 5);
    resume->is_current = ht_stmt_int(use.stmt, 6) != 0;
    resume->is_loaded = ht_stmt_int(use.stmt, 7) != 0;
    return resume;
}

HtKeyArray *ht_reader_matches_of(HtReader *reader, HtKey candidate, HtKey match, GError **error)
{
    const char *resource = match ? HT_QUERY("candidate_match") : HT_QUERY("candidate_matches");
    g_auto(HtStmtUse) use = {ht_reader_query(reader, resource, candidate, error)};
    if (!use.stmt)
        return NULL;
    if (match)
        ht_stmt_bind_int(use.stmt, 2, match);
    return ht_reader_keys(use.stmt, error);
}

HtKeyArray *ht_cache_candidate_matches(HtReader *reader, HtKey candidate, GError **error)
{
    return ht_reader_matches_of(reader, candidate, 0, error);
}

GPtrArray *ht_cache_tags(HtReader *reader, HtKey candidate, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("candidate_tags"), candidate, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_tag_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtTag *tag = g_new0(HtTag, 1);
        tag->key = ht_stmt_int(use.stmt, 0);
        ht_stmt_uuid(use.stmt, 1, &tag->id);
        tag->tag = ht_stmt_dup_text(use.stmt, 2);
        tag->is_pending = ht_stmt_int(use.stmt, 3) != 0;
        g_ptr_array_add(tags, tag);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&tags) : NULL;
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    const char *const *x = a, *const *y = b;
    g_autofree char *fold_x = ht_text_fold(*x), *fold_y = ht_text_fold(*y);
    int order = strcmp(fold_x, fold_y);
    return order ? order : strcmp(*x, *y);
}

GPtrArray *ht_cache_all_tags(HtReader *reader, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("tags_all"), error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(tags, ht_stmt_dup_text(use.stmt, 0));
    if (step == HT_STEP_ERROR)
        return NULL;
    g_ptr_array_sort(tags, compare_texts);
    return g_steal_pointer(&tags);
}

static HtKey my_user(HtReader *reader)
{
    g_autofree char *text = ht_reader_meta(reader, "me");
    g_autoptr(HtJson) me = text ? ht_json_parse(text, -1, NULL) : NULL;
    HtUuid id;
    if (!ht_uuid_parse(ht_json_get_string(ht_json_get(me, "user"), "id", NULL), &id))
        return 0;
    return ht_reader_key(reader, &id);
}

static HtNote *read_note(HtStmt *stmt, HtKey me)
{
    HtNote *note = g_new0(HtNote, 1);
    note->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &note->id);
    note->candidate = ht_stmt_int(stmt, 2);
    note->match = ht_stmt_int(stmt, 3);
    note->body = ht_stmt_dup_text(stmt, 4);
    g_autofree char *author = ht_person_name(ht_stmt_text(stmt, 5), ht_stmt_text(stmt, 6));
    bool unsent = note->key == 0;
    note->is_mine = unsent || (me && ht_stmt_int(stmt, 7) == me);
    note->author = g_strdup(unsent ? "you" : author);
    note->visibility = ht_stmt_dup_text(stmt, 8);
    note->created_at = ht_stmt_int(stmt, 9);
    note->edited_at = ht_stmt_int(stmt, 10);
    note->row_version = ht_stmt_int(stmt, 11);
    note->is_pending = ht_stmt_int(stmt, 12) != 0 && !ht_stmt_int(stmt, 13);
    note->is_conflict = ht_stmt_int(stmt, 13) != 0;
    return note;
}

GPtrArray *ht_cache_notes(HtReader *reader, HtKey candidate, GError **error)
{
    HtKey me = my_user(reader);
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("candidate_notes"), candidate, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_note_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(notes, read_note(use.stmt, me));
    return step == HT_STEP_DONE ? g_steal_pointer(&notes) : NULL;
}

bool ht_cache_match_seen(HtReader *reader, HtKey match, int64_t *seconds)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("seen_row"), match, NULL)};
    bool seen = use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW;
    if (seconds)
        *seconds = seen ? ht_stmt_int(use.stmt, 0) : 0;
    return seen;
}

/* --- Finding */

/* Through the full text, then exactly. */
static HtKey find_exact(HtReader *reader, const char *resource, const char *folded,
                        const char *none, const char *several, GError **error)
{
    /* An address by what stands before its '@': the rest is common to thousands. */
    g_autofree char *words = g_strdup_printf("\"%.*s\"", (int)strcspn(folded, "@"), folded);
    g_autofree char *query = ht_fts_query(words);
    if (!query) {
        ht_cache_not_found(error, none);
        return 0;
    }
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, error)};
    if (!use.stmt)
        return 0;
    ht_stmt_bind_text(use.stmt, 1, query);
    ht_stmt_bind_text(use.stmt, 2, folded);
    return ht_find_one(use.stmt, none, several, error);
}

HtKey ht_cache_candidate_find(HtReader *reader, const char *text, GError **error)
{
    HtKey k = ht_find_by_uuid(reader, HT_QUERY("candidates_by_uuid"), text, error);
    if (k)
        return k > 0 ? k : 0;
    k = ht_find_by_blind_name(reader, HT_QUERY("candidates_by_blind_name"), 0, text, error);
    if (k)
        return k > 0 ? k : 0;
    const char *none = ht_find_no_blind_name(text);
    if (!none)
        none = ht_find_is_short_id(text) ? HT_FIND_SHORT_ID : "nobody has this whole name";
    g_autofree char *folded = ht_text_fold(text ? text : "");
    g_strstrip(folded);
    if (strchr(folded, '@'))
        return find_exact(reader, HT_QUERY("candidates_by_email"), folded,
                          "nobody has this e-mail address",
                          "several people have this e-mail address", error);
    return find_exact(reader, HT_QUERY("candidates_by_name"), folded, none,
                      "several people have this name, use the e-mail or the id", error);
}
