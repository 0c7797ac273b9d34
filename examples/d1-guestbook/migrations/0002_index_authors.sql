-- Migration number: 0002
CREATE INDEX messages_by_author ON messages (author);
