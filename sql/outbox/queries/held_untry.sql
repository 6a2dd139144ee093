-- It was not the op's fault: the try does not count. 1: seq.
UPDATE held SET tries = max(tries - 1, 0) WHERE seq = ?1;
