-- They are told. 1: first, 2: last.
DELETE FROM untold WHERE seq BETWEEN ?1 AND ?2;
