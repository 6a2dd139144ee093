-- The server moved an application: nothing changes for the counts while a pending decision shows it elsewhere.
CREATE TRIGGER match_moved AFTER UPDATE OF stage_k, job_k ON candidate_job_matches
WHEN OLD.stage_k IS NOT NEW.stage_k OR OLD.job_k IS NOT NEW.job_k BEGIN
  UPDATE counters SET n = n - 1, n_seen = n_seen - EXISTS (SELECT 1 FROM seen WHERE k = OLD.k)
  WHERE job_k = coalesce(OLD.job_k, 0)
    AND stage_k = coalesce((SELECT s.stage_k FROM shown_matches s WHERE s.k = OLD.k), OLD.stage_k, 0);
  INSERT INTO counters (job_k, stage_k, n, n_seen)
  VALUES (coalesce(NEW.job_k, 0),
          coalesce((SELECT s.stage_k FROM shown_matches s WHERE s.k = NEW.k), NEW.stage_k, 0), 1,
          EXISTS (SELECT 1 FROM seen WHERE k = NEW.k))
  ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + 1, n_seen = n_seen + excluded.n_seen;
END;
