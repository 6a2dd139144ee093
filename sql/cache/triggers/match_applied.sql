-- The time of an application changed: is it new since the last visit?
CREATE TRIGGER match_applied AFTER UPDATE OF applied_at ON candidate_job_matches
WHEN OLD.applied_at IS NOT NEW.applied_at BEGIN
  UPDATE visits SET n_new = n_new - 1 WHERE job_k = OLD.job_k AND since < OLD.applied_at;
  UPDATE visits SET n_new = n_new + 1 WHERE job_k = NEW.job_k AND since < NEW.applied_at;
END;
