-- An op that waits no more is not held either.
CREATE TRIGGER IF NOT EXISTS held_settled AFTER UPDATE OF state ON ops WHEN NEW.state > 1 BEGIN
  DELETE FROM held WHERE seq = NEW.seq;
END;
