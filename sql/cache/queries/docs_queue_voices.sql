-- The same for voice sessions.
INSERT OR IGNORE INTO unindexed (k, kind) SELECT k, 3 FROM voice_sessions_wide;
