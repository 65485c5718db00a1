-- Who may try how often, and which browsers are known.

CREATE TABLE throttle (
    key     BLOB PRIMARY KEY,
    tries   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    refused INTEGER NOT NULL DEFAULT 0,
    forget  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    cookie_hash BLOB NOT NULL,
    member_id   INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (cookie_hash, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_member ON device (member_id);

-- What a mail is about, as field names of ours; never text that somebody typed.
ALTER TABLE outbox ADD COLUMN about TEXT NOT NULL DEFAULT '';
