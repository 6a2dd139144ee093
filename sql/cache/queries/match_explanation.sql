-- The newest explanation of an application. 1: match. Row: its columns, and whether it is about an older résumé or job.
SELECT e.k, w.explanation_text, w.factors, e.model_version, e.prompt_version, e.created_at,
       e.resume_k IS NOT NULL AND EXISTS (
         SELECT 1 FROM resumes r WHERE r.candidate_k = m.candidate_k AND r.is_current = 1 AND r.k <> e.resume_k)
       OR coalesce(e.job_version < j.version, 0)
FROM match_explanations e
JOIN match_explanations_wide w ON w.k = e.k
LEFT JOIN candidate_job_matches m ON m.k = e.match_k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE e.match_k = ?1 ORDER BY e.created_at DESC, e.k DESC LIMIT 1;
