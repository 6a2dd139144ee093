-- The server itself. Rows: severity, object, detail.
SELECT 'advice', 'server', format('version %s: 15.19 and 15.20 closed holes that an SQL user can use; update',
    current_setting('server_version'))
WHERE current_setting('server_version_num')::int BETWEEN 150000 AND 150019
UNION ALL
SELECT 'advice', 'server', 'TLS is off: remote clients refuse to connect'
WHERE current_setting('ssl') = 'off'
UNION ALL
SELECT 'advice', 'server', 'password_encryption is not scram-sha-256'
WHERE current_setting('password_encryption') <> 'scram-sha-256'
ORDER BY 3;
