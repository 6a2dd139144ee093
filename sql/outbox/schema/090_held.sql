-- Pending ops that the server could not take for a reason that may pass: they wait until a time (µs) and are tried
-- again, while others go on. tries: how often, first_at: since when.
CREATE TABLE IF NOT EXISTS held (
  seq      INTEGER PRIMARY KEY,
  tries    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  next_at  INTEGER NOT NULL
);
