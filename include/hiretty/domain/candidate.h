/* Candidates: the person, the résumé, notes, tags and history. Plain structs; strings are owned by
 * the struct and may be NULL; times are µs since the epoch, 0 = none. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/domain/decision.h"
#include "hiretty/domain/key.h"

typedef struct {
    HtKey key;
    HtUuid id;
    char *name, *first_name, *last_name, *email, *phone;
    char *linkedin_url, *github_url, *portfolio_url;
    char *current_title, *current_company, *last_title, *last_company, *location, *source,
        *timezone;
    char *skills; /* "|python|c|", folded */
    int64_t created_at, consent_given_at, anonymised_at;
    HtKey merged_into;
    GPtrArray *tags; /* HtTag* as shown */
} HtCandidate;

typedef struct {
    HtKey key; /* 0 while only pending */
    HtUuid id;
    char *tag;
    bool is_pending;
} HtTag;

typedef struct {
    char *title, *company, *location, *start_date, *end_date, *description;
    bool is_current;
    char **technologies; /* NULL-terminated */
} HtExperience;

typedef struct {
    char *degree, *institution;
    int64_t graduation_year; /* 0 = none */
} HtEducation;

typedef struct {
    char *from, *to, *note;
} HtGap;

typedef struct {
    HtKey key;
    HtUuid id;
    char *file_name, *summary, *language;
    int64_t version, uploaded_at;
    bool is_current;
    bool is_loaded;                        /* false: the parsed text has not arrived yet */
    GPtrArray *experience;                 /* HtExperience* */
    GPtrArray *education;                  /* HtEducation* */
    GPtrArray *gaps;                       /* HtGap* */
    char **technical, **soft, **languages; /* NULL-terminated */
} HtResume;

typedef struct {
    HtKey key; /* 0 while only pending */
    HtUuid id;
    HtKey candidate, match; /* match may be 0 */
    char *body, *author, *visibility;
    int64_t created_at, edited_at;
    int64_t row_version;
    bool is_mine, is_pending, is_conflict;
} HtNote;

typedef enum {
    HT_HISTORY_APPLIED = 0,
    HT_HISTORY_DECISION,
    HT_HISTORY_EVENT, /* a move by a rule, an import or the candidate */
    HT_HISTORY_INTERVIEW,
    HT_HISTORY_NOTE,
    HT_HISTORY_PENDING, /* a decision of this machine that the server has not answered */
} HtHistoryKind;

typedef struct {
    HtHistoryKind kind;
    int64_t at;
    int64_t order; /* of decisions of one moment: the later one has more */
    HtKey match, job;
    char *job_title, *actor, *from_stage, *to_stage, *reason, *text;
    HtDecisionKind decision;
    HtUuid decision_id; /* nil for others */
    int64_t score_seen; /* centi or HT_SCORE_NONE */
    int agreed;         /* 1, 0, -1 unknown */
    bool viewed, blind, is_reversed, is_conflict;
    int64_t seconds_viewed;
} HtHistoryItem;

/* "First Last", whichever exist; "" when anonymised. Caller frees. */
char *ht_person_name(const char *first_name, const char *last_name);
/* Reads parsed_data; malformed input leaves empty lists, never a failure. */
void ht_resume_read(HtResume *resume, const char *parsed_json);

void ht_tag_free(HtTag *tag);
void ht_candidate_free(HtCandidate *candidate);
void ht_resume_free(HtResume *resume);
void ht_note_free(HtNote *note);
void ht_history_item_free(HtHistoryItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtCandidate, ht_candidate_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtResume, ht_resume_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtNote, ht_note_free)
