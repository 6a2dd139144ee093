-- What of a batch was taken is done; rendered mails are not kept. 1: batch.
UPDATE ops SET state = 6, batch = NULL, why = NULL, body = json_remove(body, '$.mails') WHERE batch = ?1 AND state = 1;
