-- Is nothing left of a group of decisions but notes, since others had decided the same? 1: group. Row: 1.
SELECT 1 FROM groups g WHERE g.id = ?1 AND g.kind = 1 AND NOT EXISTS (SELECT 1 FROM ops o WHERE o.grp = g.id AND o.fn = 1 AND o.live <> 2);
