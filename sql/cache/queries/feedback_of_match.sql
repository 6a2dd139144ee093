-- Feedback on an application as shown, newest first. 1: match.
SELECT a.k, i.id, coalesce(f.interview_k, x.interview_k), coalesce(w.match_k, v.match_k), u.first_name, u.last_name,
       coalesce(w.interview_type, v.interview_type), nullif(coalesce(x.recommendation, f.recommendation), ''),
       nullif(coalesce(x.notes, f.notes), ''), coalesce(x.rating, f.rating), f.technical_rating, f.cultural_fit_rating,
       f.communication_rating, f.red_flags, coalesce(x.submitted_at, f.submitted_at), coalesce(f.created_at, x.at), p.member_k,
       x.k IS NOT NULL, coalesce(x.conflict, 0), f.k IS NOT NULL, coalesce(f.row_version, 0)
FROM (SELECT g.k FROM interviews n JOIN interview_feedback g ON g.interview_k = n.k WHERE n.match_k = ?1
  UNION SELECT g.k FROM interviews n JOIN shown_feedback g ON g.interview_k = n.k WHERE n.match_k = ?1
  UNION SELECT g.k FROM shown_interviews n JOIN shown_feedback g ON g.interview_k = n.k WHERE n.match_k = ?1) a JOIN ids i ON i.k = a.k
LEFT JOIN interview_feedback f ON f.k = a.k
LEFT JOIN shown_feedback x ON x.k = a.k
LEFT JOIN interviews v ON v.k = coalesce(f.interview_k, x.interview_k)
LEFT JOIN shown_interviews w ON w.k = coalesce(f.interview_k, x.interview_k)
LEFT JOIN interview_panel p ON p.k = coalesce(f.panel_member_k, x.panel_k)
LEFT JOIN tenant_users t ON t.k = p.member_k
LEFT JOIN users u ON u.k = t.user_k
ORDER BY coalesce(x.submitted_at, f.submitted_at, f.created_at, x.at) DESC, a.k DESC;
