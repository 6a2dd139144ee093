-- The active panel of an interview as shown, lead first. 1: interview.
SELECT p.k, p.member_k, u.first_name, u.last_name, p.role, p.rsvp, coalesce(p.feedback_required, 0),
       EXISTS (SELECT 1 FROM interview_feedback f
               WHERE f.interview_k = ?1 AND f.panel_member_k = p.k AND f.submitted_at IS NOT NULL)
         OR EXISTS (SELECT 1 FROM shown_feedback f
                    WHERE f.interview_k = ?1 AND f.panel_k = p.k AND f.submitted_at IS NOT NULL AND NOT f.conflict),
       coalesce(p.feedback_due_at, 0), p.pending, p.conflict
FROM (SELECT k, member_k, role, rsvp, feedback_required, feedback_due_at, 0 AS pending, 0 AS conflict
      FROM interview_panel WHERE interview_k = ?1 AND coalesce(is_active, 1) = 1
      UNION ALL
      SELECT k, member_k, role, 'pending', 1, 0, 1, conflict FROM shown_panel
      WHERE interview_k = ?1 AND k NOT IN (SELECT k FROM interview_panel)) p
LEFT JOIN tenant_users t ON t.k = p.member_k
LEFT JOIN users u ON u.k = t.user_k
ORDER BY p.role <> 'lead', u.last_name, p.k;
