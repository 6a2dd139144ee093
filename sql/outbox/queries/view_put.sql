-- An application was opened. 1: match, 2: seconds, 3: blind, 4: at.
INSERT INTO views (match, seconds, blind, at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (match) DO UPDATE SET seconds = seconds + excluded.seconds, blind = excluded.blind, at = excluded.at;
