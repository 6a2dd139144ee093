-- The newest op that undoes another and was not given up. 1: op. Row: seq, state.
SELECT seq, state FROM ops WHERE reverses = ?1 AND state <> 7 ORDER BY seq DESC LIMIT 1;
