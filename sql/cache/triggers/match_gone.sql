-- An application went.
CREATE TRIGGER match_gone AFTER DELETE ON candidate_job_matches BEGIN
  UPDATE counters SET n = n - 1, n_seen = n_seen - EXISTS (SELECT 1 FROM seen WHERE k = OLD.k)
  WHERE job_k = coalesce(OLD.job_k, 0)
    AND stage_k = coalesce((SELECT s.stage_k FROM shown_matches s WHERE s.k = OLD.k), OLD.stage_k, 0);
  UPDATE visits SET n_new = n_new - 1 WHERE job_k = OLD.job_k AND since < OLD.applied_at;
END;
