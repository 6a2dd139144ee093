-- Applications in a stage, and since when, as one integer: the stage, then the time in units of some second (2^20 µs). As in
-- ranked_matches an index of it is made in less time than one by stage and time.
CREATE VIEW IF NOT EXISTS waiting_matches AS
SELECT k, stage_k, stage_entered_at, (stage_k << 32) | ((stage_entered_at >> 20) & 4294967295) AS wait
FROM candidate_job_matches;
