-- What of a batch whose answer is in the file is done because somebody else had decided the same. 1: batch.
-- Row: first, last, how many.
SELECT min(seq), max(seq), count(*)
FROM ops
WHERE state = 6 AND code = 'same'
  AND seq IN (SELECT json_extract(answer.value, '$.seq') FROM batches, json_each(batches.outcomes) AS answer
              WHERE batches.id = ?1 AND json_extract(answer.value, '$.outcome') = 'conflict');
