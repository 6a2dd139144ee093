-- An application came: count it where it is shown, and as new for its job.
CREATE TRIGGER match_added AFTER INSERT ON candidate_job_matches BEGIN
  INSERT INTO counters (job_k, stage_k, n, n_seen)
  VALUES (coalesce(NEW.job_k, 0),
          coalesce((SELECT s.stage_k FROM shown_matches s WHERE s.k = NEW.k), NEW.stage_k, 0), 1,
          EXISTS (SELECT 1 FROM seen WHERE k = NEW.k))
  ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + 1, n_seen = n_seen + excluded.n_seen;
  UPDATE visits SET n_new = n_new + 1 WHERE job_k = NEW.job_k AND since < NEW.applied_at;
END;
