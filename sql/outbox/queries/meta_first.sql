-- Writes a note that is not there yet. 1: name, 2: value.
INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING;
