-- Did a mail of a decision leave already? 1: the decision's uuid. Row: 1.
SELECT 1 FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN notifications n ON n.decision_k = ht_sure(i.k, i.id, o.id)
WHERE i.id = ?1 AND n.status IN ('sending', 'sent', 'delivered', 'bounced') LIMIT 1;
