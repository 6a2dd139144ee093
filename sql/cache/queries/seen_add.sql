-- An application was opened here, so much longer. 1: k, 2: seconds, 3: at.
INSERT INTO seen (k, seconds, at) VALUES (?1, ?2, ?3)
ON CONFLICT (k) DO UPDATE SET seconds = seconds + excluded.seconds, at = excluded.at;
