-- An application was opened here. 1: k, 2: seconds, 3: at.
INSERT INTO seen (k, seconds, at) VALUES (?1, ?2, ?3)
ON CONFLICT (k) DO UPDATE SET seconds = excluded.seconds, at = excluded.at
WHERE seconds <> excluded.seconds OR at <> excluded.at;
