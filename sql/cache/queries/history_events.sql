-- Moves that no decision of a person made. 1: match.
SELECT e.entered_at, e.actor_kind, f.name, t.name
FROM pipeline_events e
LEFT JOIN job_stages f ON f.k = e.from_stage_k
LEFT JOIN job_stages t ON t.k = e.to_stage_k
WHERE e.match_k = ?1 AND e.decision_k IS NULL AND e.from_stage_k IS NOT NULL;
