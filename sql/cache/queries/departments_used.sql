-- The jobs' departments. Rows: department.
SELECT DISTINCT department FROM jobs WHERE department IS NOT NULL AND department <> '';
