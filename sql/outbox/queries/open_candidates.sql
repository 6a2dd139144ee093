-- People with notes or tags that are not done. Rows: candidate.
SELECT DISTINCT candidate FROM ops WHERE state < 6 AND fn = 2;
