-- In the transaction that settles it: whoever is ended before the line is said leaves it to the next one.
CREATE TRIGGER IF NOT EXISTS untold_same AFTER UPDATE OF code ON ops WHEN NEW.code = 'same' AND NEW.state = 6 BEGIN
  INSERT OR IGNORE INTO untold (seq) VALUES (NEW.seq);
END;
