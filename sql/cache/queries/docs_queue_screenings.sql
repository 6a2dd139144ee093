-- The same for screening chats.
INSERT OR IGNORE INTO unindexed (k, kind) SELECT k, 2 FROM screening_sessions_wide;
