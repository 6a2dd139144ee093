-- Was an application opened here? 1: match. Row: seconds.
SELECT seconds FROM seen WHERE k = ?1;
