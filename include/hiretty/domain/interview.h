/* Interviews, their panels and feedback. Plain structs; strings are owned by the struct and may be
 * NULL; times are µs since the epoch, 0 = none. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/domain/key.h"

typedef struct {
    HtKey key, member;
    char *name, *role, *rsvp;
    bool feedback_required, feedback_given, is_me;
    bool is_pending, is_conflict; /* an intent of this machine adds it; the server said no */
    int64_t feedback_due_at;
} HtPanelMember;

typedef struct {
    HtKey key, match, candidate, job;
    HtUuid id;
    char *type, *status, *timezone, *meeting_provider, *meeting_url, *notes;
    char *candidate_name, *candidate_timezone, *job_title;
    int64_t scheduled_at, duration_minutes;
    bool is_mine;                 /* this login sits on the panel */
    bool is_pending, is_conflict; /* intents of this machine change it; one of them was refused */
    bool is_there;                /* on the server */
    int64_t row_version;
    GPtrArray *panel; /* HtPanelMember*, lead first */
} HtInterview;

typedef struct {
    HtKey key, interview, match;
    HtUuid id;
    char *author, *interview_type, *recommendation, *notes;
    int64_t rating, technical_rating, cultural_fit_rating,
        communication_rating; /* 1 … 5, 0 = none */
    char **red_flags;         /* NULL-terminated, never NULL */
    int64_t submitted_at, created_at, row_version;
    bool is_mine;
    bool is_pending, is_conflict, is_there; /* as above */
} HtFeedback;

void ht_panel_member_free(HtPanelMember *member);
void ht_interview_free(HtInterview *interview);
void ht_feedback_free(HtFeedback *feedback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtInterview, ht_interview_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtFeedback, ht_feedback_free)
