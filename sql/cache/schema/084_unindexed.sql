-- Documents that wait for it.
CREATE TABLE unindexed (
  k    INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL
);
