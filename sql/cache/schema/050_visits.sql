-- Jobs that were visited here: the newest application seen then, and how many came since. Kept by triggers.
CREATE TABLE visits (
  job_k INTEGER PRIMARY KEY,
  since INTEGER NOT NULL,
  n_new INTEGER NOT NULL
);
