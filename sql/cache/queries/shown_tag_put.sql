-- A tag as pending intents make it. 1: person, 2: tag, 3: id, 4: gone.
INSERT OR REPLACE INTO shown_tags (candidate_k, tag, id, gone) VALUES (?1, ?2, ?3, ?4);
