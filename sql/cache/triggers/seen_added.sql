-- An application was opened here for the first time.
CREATE TRIGGER seen_added AFTER INSERT ON seen BEGIN
  UPDATE counters SET n_seen = n_seen + 1
  WHERE (job_k, stage_k) IN (
    SELECT coalesce(m.job_k, 0), coalesce(s.stage_k, m.stage_k, 0)
    FROM candidate_job_matches m LEFT JOIN shown_matches s ON s.k = m.k WHERE m.k = NEW.k);
END;
