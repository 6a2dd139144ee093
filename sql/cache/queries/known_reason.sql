-- Whether there is a reason with this folded code. 1: text. Row: 1.
SELECT 1 FROM rejection_reasons WHERE ht_fold(code) = ?1 LIMIT 1;
