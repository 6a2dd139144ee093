-- Decisions on an application that the server has not answered, in the order they were made. 1: match.
SELECT d.decision, d.id, d.at, f.name, t.name, r.label, d.note, d.score_seen, d.agreed, d.viewed, d.blind,
       d.seconds, d.conflict,
       EXISTS (SELECT 1 FROM shown_decisions x WHERE x.match_k = d.match_k AND x.reverses = d.id)
FROM shown_decisions d
LEFT JOIN job_stages f ON f.k = d.from_stage_k
LEFT JOIN job_stages t ON t.k = d.to_stage_k
LEFT JOIN rejection_reasons r ON r.k = d.reason_k
WHERE d.match_k = ?1
ORDER BY d.seq;
