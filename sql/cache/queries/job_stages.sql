-- The stages of a job in order, with shown counts. 1: job.
SELECT st.k, i.id, st.job_k, st.name, st.position, st.stage_type, coalesce(st.sla_hours, 0),
       coalesce(st.is_blind, 0), coalesce(st.is_terminal, 0), coalesce(n.n, 0)
FROM job_stages st JOIN ids i ON i.k = st.k
LEFT JOIN counters n ON n.job_k = st.job_k AND n.stage_k = st.k
WHERE st.job_k = ?1 ORDER BY st.position, st.k;
