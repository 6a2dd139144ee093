-- No counters of stages.
DELETE FROM counters;
