/* Transcripts: screening chats and voice sessions. Plain structs; strings are owned by the struct
 * and may be NULL; times are µs since the epoch (segments: ms since the start), 0 = none. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/domain/key.h"

typedef struct {
    char *role; /* "agent" or "candidate" */
    char *text;
    int64_t at;               /* chat; 0 for voice */
    int64_t start_ms, end_ms; /* voice; 0 for chat */
    char *sentiment;          /* "positive", "neutral", "negative" */
    double confidence;        /* 0 … 1, -1 = none */
    bool barge_in;
    char **flags; /* NULL-terminated, never NULL */
} HtTurn;

typedef struct {
    char *question, *note;
    bool answered;
} HtScreeningAnswer;

typedef struct {
    HtKey key, candidate, job, match, interview;
    HtUuid id;
    bool is_voice;
    char *kind; /* session_type, or "voice" */
    char *status;
    int64_t started_at, completed_at, duration_s;
    char *job_title, *summary, *sentiment, *model, *language;
    bool is_loaded;     /* false: the turns have not arrived yet */
    GPtrArray *turns;   /* HtTurn* */
    GPtrArray *answers; /* HtScreeningAnswer* */
} HtTranscript;

/* messages[] of a screening session, its analysis; transcript of a voice session. Malformed input
 * leaves empty lists, never a failure. */
void ht_transcript_read_messages(HtTranscript *transcript, const char *json);
void ht_transcript_read_segments(HtTranscript *transcript, const char *json);
void ht_transcript_read_analysis(HtTranscript *transcript, const char *json);

void ht_turn_free(HtTurn *turn);
void ht_screening_answer_free(HtScreeningAnswer *answer);
void ht_transcript_free(HtTranscript *transcript);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTranscript, ht_transcript_free)
