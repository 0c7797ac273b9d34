CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL,
  text TEXT NOT NULL CHECK (length(text) > 0),
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX notes_of_owner ON notes (owner, id);
