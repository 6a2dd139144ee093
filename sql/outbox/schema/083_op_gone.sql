-- An op was removed.
CREATE TRIGGER op_gone AFTER DELETE ON ops BEGIN
  UPDATE counts SET n = n - 1 WHERE state = OLD.state;
END;
