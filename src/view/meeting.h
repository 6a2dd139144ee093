/* Interviews and feedback as text, for the person's tabs and the agenda. */
#pragma once

#include "hiretty/domain/interview.h"
#include "hiretty/view/views.h"

/* `hidden`: the candidate, where the view is blind; 0 = the stage alone says whether names are. */
void ht_doc_interview(HtDoc *doc, const HtViewParts *parts, const HtInterview *interview,
                      HtKey hidden, int width);
void ht_doc_feedback(HtDoc *doc, const HtViewParts *parts, const HtFeedback *feedback, HtKey hidden,
                     int width);
/* "14:30 Berlin"-like time of a zone's own clock: "14:30 (Europe/Berlin)"; with the day when it is
 * another one than mine. Caller frees; NULL when the zone is unknown or the same as mine. */
char *ht_their_time(const HtViewParts *parts, int64_t us, const char *zone);
/* Why an hour may surprise: a clock change between now and then in one of the zones. Caller frees;
 * NULL = nothing to warn of. */
char *ht_clock_change_warning(const HtViewParts *parts, int64_t us, const char *zone);
