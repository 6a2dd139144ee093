/* The roles a view may give to text. A view names what a piece of text is; a theme decides how it
 * looks. Names (row.selected, stage.offer …) are what theme files use. Pure data, any thread. */
#pragma once

#include <stdbool.h>

/* X(enumerator, name in theme files, mark): `mark` is the sign that carries the meaning of the role
 * where no colour and no attribute can be shown; "" where the text itself already says it. */
#define HT_STYLES(X)                                                                               \
    X(NORMAL, "normal", "")                                                                        \
    X(ROW_NORMAL, "row.normal", "")                                                                \
    X(ROW_SELECTED, "row.selected", ">")                                                           \
    X(ROW_MARKED, "row.marked", "*")                                                               \
    X(ROW_GONE, "row.gone", "-")                                                                   \
    X(ROW_SECTION, "row.section", "")                                                              \
    X(HEADING, "heading", "")                                                                      \
    X(TITLE, "title", "")                                                                          \
    X(TAB, "tab", "")                                                                              \
    X(TAB_ACTIVE, "tab.active", "[")                                                               \
    X(MUTED, "muted", "")                                                                          \
    X(STRONG, "strong", "")                                                                        \
    X(LABEL, "label", "")                                                                          \
    X(LINK, "link", "")                                                                            \
    X(STAGE_APPLIED, "stage.applied", "")                                                          \
    X(STAGE_SHORTLIST, "stage.shortlist", "")                                                      \
    X(STAGE_SCREENING, "stage.screening", "")                                                      \
    X(STAGE_INTERVIEW, "stage.interview", "")                                                      \
    X(STAGE_OFFER, "stage.offer", "")                                                              \
    X(STAGE_HIRED, "stage.hired", "")                                                              \
    X(STAGE_REJECTED, "stage.rejected", "")                                                        \
    X(STAGE_WITHDRAWN, "stage.withdrawn", "")                                                      \
    X(SCORE_HIGH, "score.high", "")                                                                \
    X(SCORE_MID, "score.mid", "")                                                                  \
    X(SCORE_LOW, "score.low", "")                                                                  \
    X(SCORE_NONE, "score.none", "")                                                                \
    X(EVIDENCE_MET, "evidence.met", "+")                                                           \
    X(EVIDENCE_PARTLY, "evidence.partly", "~")                                                     \
    X(EVIDENCE_NONE, "evidence.none", "?")                                                         \
    X(EVIDENCE_CONTRADICTED, "evidence.contradicted", "!")                                         \
    X(BAR, "bar", "")                                                                              \
    X(BAR_EMPTY, "bar.empty", "")                                                                  \
    X(QUOTE, "quote", "")                                                                          \
    X(AGENT, "agent", "")                                                                          \
    X(CANDIDATE, "candidate", "")                                                                  \
    X(SENTIMENT_POSITIVE, "sentiment.positive", "+")                                               \
    X(SENTIMENT_NEGATIVE, "sentiment.negative", "-")                                               \
    X(FLAG, "flag", "!")                                                                           \
    X(TIME, "time", "")                                                                            \
    X(TIME_LATE, "time.late", "!")                                                                 \
    X(TAG, "tag", "")                                                                              \
    X(STATE_LIVE, "state.live", "")                                                                \
    X(STATE_OFFLINE, "state.offline", "")                                                          \
    X(STATE_PENDING, "state.pending", "")                                                          \
    X(STATE_CONFLICT, "state.conflict", "")                                                        \
    X(ERROR, "error", "!")                                                                         \
    X(WARNING, "warning", "!")                                                                     \
    X(SUCCESS, "success", "")                                                                      \
    X(KEY, "key", "")                                                                              \
    X(PROMPT, "prompt", "")                                                                        \
    X(INPUT, "input", "")                                                                          \
    X(SEARCH_HIT, "search.hit", "[")                                                               \
    X(BAR_STATUS, "bar.status", "")                                                                \
    X(BORDER, "border", "")

typedef enum {
#define HT_STYLE_ENUM(id, name, mark) HT_STYLE_##id,
    HT_STYLES(HT_STYLE_ENUM)
#undef HT_STYLE_ENUM
        HT_N_STYLES
} HtStyle;

/* Name of a role as theme files write it. Static text. */
const char *ht_style_name(HtStyle style);

/* Sign of a role for screens without colour; "" when the text says it itself. Static text. */
const char *ht_style_mark(HtStyle style);

/* Role of a name; false when there is none. */
bool ht_style_from_name(const char *name, HtStyle *style);
