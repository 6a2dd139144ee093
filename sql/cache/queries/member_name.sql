-- A member's names. 1: uuid of the membership.
SELECT u.first_name, u.last_name
FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN tenant_users t ON t.k = ht_sure(i.k, i.id, o.id) JOIN users u ON u.k = t.user_k WHERE i.id = ?1;
