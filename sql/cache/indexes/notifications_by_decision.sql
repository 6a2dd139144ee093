-- The mails that a decision caused.
CREATE INDEX IF NOT EXISTS notifications_by_decision ON notifications (decision_k);
