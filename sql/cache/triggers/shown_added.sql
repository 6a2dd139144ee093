-- A pending intent: the application is counted where it is shown from now on.
CREATE TRIGGER shown_added AFTER INSERT ON shown_matches WHEN NEW.stage_k IS NOT NULL BEGIN
  UPDATE counters SET n = n - 1, n_seen = n_seen - EXISTS (SELECT 1 FROM seen WHERE k = NEW.k)
  WHERE (job_k, stage_k) IN (SELECT coalesce(m.job_k, 0), coalesce(m.stage_k, 0)
                             FROM candidate_job_matches m WHERE m.k = NEW.k);
  INSERT INTO counters (job_k, stage_k, n, n_seen)
  SELECT coalesce(m.job_k, 0), NEW.stage_k, 1, EXISTS (SELECT 1 FROM seen WHERE k = NEW.k)
  FROM candidate_job_matches m WHERE m.k = NEW.k
  ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + 1, n_seen = n_seen + excluded.n_seen;
END;
