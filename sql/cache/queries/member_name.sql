-- A member's names. 1: uuid of the membership.
SELECT u.first_name, u.last_name FROM keys_by_id i JOIN tenant_users t ON t.k = i.k JOIN users u ON u.k = t.user_k WHERE i.id = ?1;
