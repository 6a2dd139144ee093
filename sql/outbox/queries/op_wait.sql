-- Why a pending op is still here. 1: seq, 2: why.
UPDATE ops SET why = ?2 WHERE seq = ?1 AND state = 0;
