-- Members who may sit on a panel, by name. Rows: k, first name, last name, role.
SELECT t.k, u.first_name, u.last_name, t.role FROM tenant_users t JOIN users u ON u.k = t.user_k
WHERE coalesce(t.status, 'active') = 'active' AND t.role <> 'viewer' ORDER BY u.first_name, u.last_name, t.k;
