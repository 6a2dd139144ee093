-- The active panel of an interview, lead first. 1: interview.
SELECT p.k, p.member_k, u.first_name, u.last_name, p.role, p.rsvp, coalesce(p.feedback_required, 0),
       EXISTS (SELECT 1 FROM interview_feedback f
               WHERE f.interview_k = p.interview_k AND f.panel_member_k = p.k AND f.submitted_at IS NOT NULL),
       coalesce(p.feedback_due_at, 0)
FROM interview_panel p
LEFT JOIN tenant_users t ON t.k = p.member_k
LEFT JOIN users u ON u.k = t.user_k
WHERE p.interview_k = ?1 AND coalesce(p.is_active, 1) = 1
ORDER BY p.role <> 'lead', u.last_name, p.k;
