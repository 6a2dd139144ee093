-- People by folded full name. 1: text. Rows: k.
SELECT k FROM people WHERE name = ?1 LIMIT 2;
