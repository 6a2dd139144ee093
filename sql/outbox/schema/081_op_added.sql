-- A new op.
CREATE TRIGGER op_added AFTER INSERT ON ops BEGIN
  INSERT INTO counts (state, n) VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET n = n + 1;
END;
