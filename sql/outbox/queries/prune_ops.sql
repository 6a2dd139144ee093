-- Settled ops of old. 1: before (µs).
DELETE FROM ops WHERE state >= 6 AND at < ?1;
