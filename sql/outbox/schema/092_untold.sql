-- Ops that are done because somebody else had decided the same, as long as nobody was told.
CREATE TABLE IF NOT EXISTS untold (
  seq INTEGER PRIMARY KEY
);
