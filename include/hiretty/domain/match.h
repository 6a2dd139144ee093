/* Matches: one candidate's application to one job, as a list shows it, and why it scored so. Plain
 * structs; strings are owned by the struct and may be NULL; times are µs since the epoch, 0 = none.
 */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/domain/decision.h"
#include "hiretty/domain/key.h"
#include "hiretty/domain/score.h"
#include "hiretty/domain/stage.h"

typedef enum {
    HT_MATCH_PENDING = 1 << 0,   /* has intents that the server has not answered */
    HT_MATCH_CONFLICT = 1 << 1,  /* one of them met somebody else's decision */
    HT_MATCH_UNREAD = 1 << 2,    /* not opened on this machine */
    HT_MATCH_DUPLICATE = 1 << 3, /* the person is merged into another */
    HT_MATCH_HELD = 1 << 4,      /* held_until is in the future */
    HT_MATCH_FLAGGED = 1 << 5,   /* bias flags on the match */
    HT_MATCH_GONE = 1 << 6,      /* no longer there: deleted or not visible any more */
    HT_MATCH_OVER_SLA = 1 << 7,
    HT_MATCH_BLIND = 1 << 8, /* its stage is reviewed blind */
} HtMatchFlags;

typedef struct {
    HtKey key, candidate, job, stage; /* stage: as shown */
    HtUuid id;
    HtStageType stage_type;
    char *stage_name;
    int64_t score; /* centi or HT_SCORE_NONE */
    HtScoreBand band;
    char *name, *current_title, *current_company, *last_title, *last_company, *location, *source;
    char *tags;   /* "a, b" as shown, NULL = none */
    char *skills; /* "|python|c|": folded, for comparison; NULL before résumés are loaded */
    char *job_title;
    int64_t applied_at, stage_since, held_until;
    unsigned flags;               /* HtMatchFlags */
    HtDecisionKind last_decision; /* as shown */
    HtUuid last_decision_id;      /* nil = none */
    int64_t row_version;
} HtMatchRow;

void ht_match_row_clear(HtMatchRow *row);
/* Frees `n` rows and the array. */
void ht_match_rows_free(HtMatchRow *rows, gsize n);

typedef enum {
    HT_VERDICT_NONE = 0, /* nothing said */
    HT_VERDICT_MET,
    HT_VERDICT_PARTLY,
    HT_VERDICT_NOT_SHOWN,
    HT_VERDICT_CONTRADICTED,
} HtVerdict;

HtVerdict ht_verdict_parse(const char *name);
const char *ht_verdict_name(HtVerdict verdict);

typedef struct {
    char *name;
    int64_t weight;      /* 1 … 5 */
    int64_t score_centi; /* 0 … 10000 */
    HtVerdict verdict;
    char *quote; /* exact text of the résumé, NULL = no evidence */
} HtFactor;

typedef struct {
    HtKey key;
    char *text, *model_version, *prompt_version, *recommendation;
    double confidence; /* 0 … 1, -1 = none */
    bool no_evidence;
    bool is_stale; /* explained on an older résumé or an older version of the job */
    int64_t created_at;
    GPtrArray *factors; /* HtFactor* in the order given */
} HtExplanation;

/* Reads the `factors` JSON of an explanation; malformed input gives an empty list, never a failure.
 */
void ht_explanation_read_factors(HtExplanation *explanation, const char *json);
void ht_factor_free(HtFactor *factor);
void ht_explanation_free(HtExplanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtExplanation, ht_explanation_free)
