-- A screening chat to index. 1: k. Row: the person's key, messages, analysis.
SELECT s.candidate_k, w.messages, w.analysis
FROM screening_sessions s JOIN screening_sessions_wide w ON w.k = s.k WHERE s.k = ?1;
