/* Transcripts: what an agent and a candidate said. The three readers take JSON that platforms and
 * speech services wrote; a turn without words is left out. */
#include "hiretty/domain/transcript.h"

#include "json_read.h"

#include <string.h>

static char *read_role(const HtJson *json, const char *key)
{
    const char *role = ht_json_get_string(json, key, "");
    return g_strdup(strcmp(role, "agent") == 0 ? "agent" : "candidate");
}

static double read_confidence(const HtJson *json)
{
    return ht_json_has(json, "confidence")
               ? CLAMP(ht_json_get_double(json, "confidence", 0), 0.0, 1.0)
               : -1.0;
}

static HtTurn *read_message(const HtJson *json)
{
    g_autofree char *text = ht_domain_json_text(json, "content");
    if (!text)
        return NULL;
    const HtJson *metadata = ht_json_get(json, "metadata");
    HtTurn *turn = g_new0(HtTurn, 1);
    turn->text = g_steal_pointer(&text);
    turn->role = read_role(json, "role");
    turn->at = ht_domain_json_time(json, "timestamp");
    turn->sentiment = ht_domain_json_text(metadata, "sentiment");
    turn->confidence = read_confidence(metadata);
    turn->flags = ht_domain_json_texts(metadata, "flags");
    return turn;
}

static HtTurn *read_segment(const HtJson *json)
{
    g_autofree char *text = ht_domain_json_text(json, "text");
    if (!text)
        return NULL;
    HtTurn *turn = g_new0(HtTurn, 1);
    turn->text = g_steal_pointer(&text);
    turn->role = read_role(json, "speaker");
    turn->start_ms = MAX(ht_json_get_int(json, "start_ms", 0), 0);
    turn->end_ms = MAX(ht_json_get_int(json, "end_ms", 0), turn->start_ms);
    turn->sentiment = ht_domain_json_text(json, "sentiment");
    turn->confidence = read_confidence(json);
    turn->barge_in = ht_json_get_bool(json, "barge_in", false);
    turn->flags = ht_domain_json_texts(json, "flags");
    return turn;
}

static void read_turns(HtTranscript *transcript, const HtJson *array,
                       HtTurn *(*read)(const HtJson *))
{
    g_clear_pointer(&transcript->turns, g_ptr_array_unref);
    transcript->turns = g_ptr_array_new_with_free_func((GDestroyNotify)ht_turn_free);
    for (const HtJson *e = ht_json_first(array); e; e = ht_json_next(e)) {
        HtTurn *turn = read(e);
        if (turn)
            g_ptr_array_add(transcript->turns, turn);
    }
}

void ht_transcript_read_messages(HtTranscript *transcript, const char *json)
{
    g_autoptr(HtJson) root = json ? ht_json_parse(json, -1, NULL) : NULL;
    read_turns(transcript, ht_json_type(root) == HT_JSON_ARRAY ? root : NULL, read_message);
}

void ht_transcript_read_segments(HtTranscript *transcript, const char *json)
{
    g_autoptr(HtJson) root = json ? ht_json_parse(json, -1, NULL) : NULL;
    read_turns(transcript, ht_json_get(root, "segments"), read_segment);
}

void ht_transcript_read_analysis(HtTranscript *transcript, const char *json)
{
    g_clear_pointer(&transcript->answers, g_ptr_array_unref);
    g_clear_pointer(&transcript->summary, g_free);
    g_clear_pointer(&transcript->sentiment, g_free);
    transcript->answers = g_ptr_array_new_with_free_func((GDestroyNotify)ht_screening_answer_free);
    g_autoptr(HtJson) root = json ? ht_json_parse(json, -1, NULL) : NULL;
    if (ht_json_type(root) != HT_JSON_OBJECT)
        return;
    transcript->summary = ht_domain_json_text(root, "summary");
    transcript->sentiment = ht_domain_json_text(root, "sentiment");
    if (ht_json_has(root, "model")) {
        g_free(transcript->model);
        transcript->model = ht_domain_json_text(root, "model");
    }
    if (ht_json_has(root, "language")) {
        g_free(transcript->language);
        transcript->language = ht_domain_json_text(root, "language");
    }
    for (const HtJson *e = ht_json_first(ht_json_get(root, "answers")); e; e = ht_json_next(e)) {
        g_autofree char *question = ht_domain_json_text(e, "question");
        if (!question)
            continue;
        HtScreeningAnswer *answer = g_new0(HtScreeningAnswer, 1);
        answer->question = g_steal_pointer(&question);
        answer->note = ht_domain_json_text(e, "note");
        answer->answered = ht_json_get_bool(e, "answered", false);
        g_ptr_array_add(transcript->answers, answer);
    }
}

void ht_turn_free(HtTurn *turn)
{
    if (!turn)
        return;
    g_free(turn->role);
    g_free(turn->text);
    g_free(turn->sentiment);
    g_strfreev(turn->flags);
    g_free(turn);
}

void ht_screening_answer_free(HtScreeningAnswer *answer)
{
    if (!answer)
        return;
    g_free(answer->question);
    g_free(answer->note);
    g_free(answer);
}

void ht_transcript_free(HtTranscript *transcript)
{
    if (!transcript)
        return;
    g_free(transcript->kind);
    g_free(transcript->status);
    g_free(transcript->job_title);
    g_free(transcript->summary);
    g_free(transcript->sentiment);
    g_free(transcript->model);
    g_free(transcript->language);
    g_clear_pointer(&transcript->turns, g_ptr_array_unref);
    g_clear_pointer(&transcript->answers, g_ptr_array_unref);
    g_free(transcript);
}
