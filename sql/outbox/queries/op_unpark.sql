-- A parked op is pending again. 1: seq.
UPDATE ops SET state = 0, why = NULL WHERE seq = ?1 AND state = 2;
