-- Feedback on an application, newest first. 1: match.
SELECT f.k, i.id, f.interview_k, v.match_k, u.first_name, u.last_name, v.interview_type, f.recommendation, f.notes,
       f.rating, f.technical_rating, f.cultural_fit_rating, f.communication_rating, f.red_flags, f.submitted_at,
       f.created_at, p.member_k
FROM interviews v JOIN interview_feedback f ON f.interview_k = v.k JOIN ids i ON i.k = f.k
LEFT JOIN interview_panel p ON p.k = f.panel_member_k
LEFT JOIN tenant_users t ON t.k = p.member_k
LEFT JOIN users u ON u.k = t.user_k
WHERE v.match_k = ?1 ORDER BY coalesce(f.submitted_at, f.created_at) DESC, f.k DESC;
