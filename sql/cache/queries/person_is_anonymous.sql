-- Whether a person's words were erased. 1: k. Rows: k, or none.
SELECT k FROM candidates WHERE k = ?1 AND anonymised_at IS NOT NULL;
