-- Applications of a stage as shown (pending decisions included), and those of them opened here. Kept by triggers.
CREATE TABLE counters (
  job_k   INTEGER NOT NULL,
  stage_k INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  n_seen  INTEGER NOT NULL,
  PRIMARY KEY (job_k, stage_k)
) WITHOUT ROWID;
