-- Titles of all jobs that are there. Rows: k, title, folded title, is it open.
SELECT k, title, ht_fold(title), status IN ('active', 'on_hold')
FROM jobs WHERE deleted_at IS NULL ORDER BY title, k;
