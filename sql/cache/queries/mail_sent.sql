-- Did a mail of a decision leave already? 1: the decision's uuid. Row: 1.
SELECT 1 FROM keys_by_id i JOIN notifications n ON n.decision_k = i.k
WHERE i.id = ?1 AND n.status IN ('sending', 'sent', 'delivered', 'bounced') LIMIT 1;
