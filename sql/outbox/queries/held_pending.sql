-- Pending ops that are held at a time, in order. 1: the time (µs), 2: no op is held for longer than up to here (µs).
-- Rows: seq, row, match, candidate.
SELECT o.seq, o.row, o.match, o.candidate FROM held h JOIN ops o ON o.seq = h.seq
WHERE o.state = 0 AND h.next_at > ?1 AND h.next_at <= ?2 ORDER BY o.seq;
