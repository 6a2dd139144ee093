-- The mails that a decision caused.
CREATE INDEX notifications_by_decision ON notifications (decision_k);
