-- Who waits in a stage, longest first: the expression is that of the view waiting_matches, the rest makes the index cover it.
CREATE INDEX IF NOT EXISTS matches_by_wait ON candidate_job_matches (
  (stage_k << 32) | ((stage_entered_at >> 20) & 4294967295), stage_entered_at, stage_k);
