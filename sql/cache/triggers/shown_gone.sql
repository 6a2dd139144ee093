-- No intent is pending any more: back to where the base row is.
CREATE TRIGGER shown_gone AFTER DELETE ON shown_matches WHEN OLD.stage_k IS NOT NULL BEGIN
  UPDATE counters SET n = n - 1, n_seen = n_seen - EXISTS (SELECT 1 FROM seen WHERE k = OLD.k)
  WHERE (job_k, stage_k) IN (SELECT coalesce(m.job_k, 0), OLD.stage_k
                             FROM candidate_job_matches m WHERE m.k = OLD.k);
  INSERT INTO counters (job_k, stage_k, n, n_seen)
  SELECT coalesce(m.job_k, 0), coalesce(m.stage_k, 0), 1, EXISTS (SELECT 1 FROM seen WHERE k = OLD.k)
  FROM candidate_job_matches m WHERE m.k = OLD.k
  ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + 1, n_seen = n_seen + excluded.n_seen;
END;
