-- 1: match.
DELETE FROM shown_decisions WHERE match_k = ?1;
