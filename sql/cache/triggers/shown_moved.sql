-- A pending intent shows the application elsewhere than before.
CREATE TRIGGER shown_moved AFTER UPDATE OF stage_k ON shown_matches
WHEN OLD.stage_k IS NOT NEW.stage_k BEGIN
  UPDATE counters SET n = n - 1, n_seen = n_seen - EXISTS (SELECT 1 FROM seen WHERE k = OLD.k)
  WHERE (job_k, stage_k) IN (SELECT coalesce(m.job_k, 0), coalesce(OLD.stage_k, m.stage_k, 0)
                             FROM candidate_job_matches m WHERE m.k = OLD.k);
  INSERT INTO counters (job_k, stage_k, n, n_seen)
  SELECT coalesce(m.job_k, 0), coalesce(NEW.stage_k, m.stage_k, 0), 1,
         EXISTS (SELECT 1 FROM seen WHERE k = NEW.k)
  FROM candidate_job_matches m WHERE m.k = NEW.k
  ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + 1, n_seen = n_seen + excluded.n_seen;
END;
