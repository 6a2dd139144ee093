/* Ownership of interviews, panels and feedback. */
#include "hiretty/domain/interview.h"

void ht_panel_member_free(HtPanelMember *member)
{
    if (!member)
        return;
    g_free(member->name);
    g_free(member->role);
    g_free(member->rsvp);
    g_free(member);
}

void ht_interview_free(HtInterview *interview)
{
    if (!interview)
        return;
    g_free(interview->type);
    g_free(interview->status);
    g_free(interview->timezone);
    g_free(interview->meeting_provider);
    g_free(interview->meeting_url);
    g_free(interview->notes);
    g_free(interview->candidate_name);
    g_free(interview->candidate_timezone);
    g_free(interview->job_title);
    g_clear_pointer(&interview->panel, g_ptr_array_unref);
    g_free(interview);
}

void ht_feedback_free(HtFeedback *feedback)
{
    if (!feedback)
        return;
    g_free(feedback->author);
    g_free(feedback->interview_type);
    g_free(feedback->recommendation);
    g_free(feedback->notes);
    g_strfreev(feedback->red_flags);
    g_free(feedback);
}
