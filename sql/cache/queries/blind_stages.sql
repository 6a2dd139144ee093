-- Is any stage reviewed blind? A row if so.
SELECT 1 FROM job_stages WHERE is_blind LIMIT 1;
