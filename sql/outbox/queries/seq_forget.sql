-- Before seq_begin. No parameters.
DELETE FROM sqlite_sequence WHERE name = 'ops';
