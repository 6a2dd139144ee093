-- An op came into another state.
CREATE TRIGGER op_moved AFTER UPDATE OF state ON ops WHEN OLD.state <> NEW.state BEGIN
  UPDATE counts SET n = n - 1 WHERE state = OLD.state;
  INSERT INTO counts (state, n) VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET n = n + 1;
END;
