/* Screening chats and voice sessions: two tables with one face. The queries give the same columns:
 * k, uuid, person, job, match, interview, is voice, kind, status, started, completed, seconds,
 * job's title, model, are the turns here, turns, analysis. */
#include "hiretty/cache/transcripts.h"

#include "internal.h"

static HtTranscript *read_transcript(HtStmt *stmt)
{
    HtTranscript *transcript = g_new0(HtTranscript, 1);
    transcript->is_voice = ht_stmt_int(stmt, 6) != 0;
    const char *turns = ht_stmt_text(stmt, 15);
    if (transcript->is_voice)
        ht_transcript_read_segments(transcript, turns);
    else
        ht_transcript_read_messages(transcript, turns);
    ht_transcript_read_analysis(transcript, ht_stmt_text(stmt, 16));
    transcript->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &transcript->id);
    transcript->candidate = ht_stmt_int(stmt, 2);
    transcript->job = ht_stmt_int(stmt, 3);
    transcript->match = ht_stmt_int(stmt, 4);
    transcript->interview = ht_stmt_int(stmt, 5);
    transcript->kind = ht_stmt_dup_text(stmt, 7);
    transcript->status = ht_stmt_dup_text(stmt, 8);
    transcript->started_at = ht_stmt_int(stmt, 9);
    transcript->completed_at = ht_stmt_int(stmt, 10);
    transcript->duration_s = ht_stmt_int(stmt, 11);
    transcript->job_title = ht_stmt_dup_text(stmt, 12);
    if (!transcript->model)
        transcript->model = ht_stmt_dup_text(stmt, 13);
    transcript->is_loaded = ht_stmt_int(stmt, 14) != 0;
    return transcript;
}

static bool collect(HtReader *reader, const char *resource, HtKey candidate, HtKey match,
                    GPtrArray *list, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, resource, candidate, error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 2, match);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(list, read_transcript(use.stmt));
    return step == HT_STEP_DONE;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const HtTranscript *const *x = a, *const *y = b;
    if ((*x)->started_at == (*y)->started_at)
        return 0;
    return (*x)->started_at < (*y)->started_at ? 1 : -1;
}

GPtrArray *ht_cache_transcripts(HtReader *reader, HtKey candidate, HtKey match, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_transcript_free);
    if (!collect(reader, HT_QUERY("screenings_of_candidate"), candidate, match, list, error) ||
        !collect(reader, HT_QUERY("voices_of_candidate"), candidate, match, list, error))
        return NULL;
    g_ptr_array_sort(list, newest_first);
    return g_steal_pointer(&list);
}

HtTranscript *ht_cache_transcript(HtReader *reader, HtKey key, GError **error)
{
    static const char *const queries[] = {HT_QUERY("screening_whole"), HT_QUERY("voice_whole")};
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_auto(HtStmtUse) use = {ht_reader_query(reader, queries[i], key, error)};
        HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
        if (step == HT_STEP_ERROR)
            return NULL;
        if (step == HT_STEP_ROW)
            return read_transcript(use.stmt);
    }
    ht_cache_not_found(error, "this transcript is not here any more");
    return NULL;
}
