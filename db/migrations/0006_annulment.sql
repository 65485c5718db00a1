-- Whose access the office took back, until the member has a new one: that one asks for a code.
CREATE TABLE annulment (
    member_id  INTEGER PRIMARY KEY REFERENCES member ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    mark       INTEGER NOT NULL,
    code_hmac  BLOB,
    expires_at INTEGER
) STRICT;
