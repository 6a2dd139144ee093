-- What a member of a panel has said so far, as shown. 1: interview, 2: panel row.
SELECT a.k, i.id, coalesce(f.interview_k, x.interview_k), coalesce(w.match_k, v.match_k), u.first_name, u.last_name,
       coalesce(w.interview_type, v.interview_type), nullif(coalesce(x.recommendation, f.recommendation), ''),
       nullif(coalesce(x.notes, f.notes), ''), coalesce(x.rating, f.rating), f.technical_rating, f.cultural_fit_rating,
       f.communication_rating, f.red_flags, coalesce(x.submitted_at, f.submitted_at), coalesce(f.created_at, x.at), p.member_k,
       x.k IS NOT NULL, coalesce(x.conflict, 0), f.k IS NOT NULL, coalesce(f.row_version, 0)
FROM (SELECT k FROM interview_feedback WHERE interview_k = ?1 AND panel_member_k = ?2
  UNION SELECT k FROM shown_feedback WHERE interview_k = ?1 AND panel_k = ?2 AND NOT conflict) a JOIN ids i ON i.k = a.k
LEFT JOIN interview_feedback f ON f.k = a.k
LEFT JOIN shown_feedback x ON x.k = a.k
LEFT JOIN interviews v ON v.k = coalesce(f.interview_k, x.interview_k)
LEFT JOIN shown_interviews w ON w.k = coalesce(f.interview_k, x.interview_k)
LEFT JOIN interview_panel p ON p.k = coalesce(f.panel_member_k, x.panel_k)
LEFT JOIN tenant_users t ON t.k = p.member_k
LEFT JOIN users u ON u.k = t.user_k
ORDER BY f.k IS NULL, a.k;
