-- How many ops are in each state. Kept by the triggers below.
CREATE TABLE counts (
  state INTEGER PRIMARY KEY,
  n     INTEGER NOT NULL
);
