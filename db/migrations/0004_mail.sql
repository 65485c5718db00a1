-- When a mail that could not leave is no longer worth sending.
ALTER TABLE outbox ADD COLUMN lapses_at INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET lapses_at = queued_at + 432000;
CREATE INDEX outbox_member ON outbox (member_id, id);

-- Whether an address is shared is asked for every mail, in any case of its letters.
DROP INDEX account_email;
CREATE INDEX account_email ON account (email COLLATE NOCASE);
CREATE INDEX member_email ON member (email COLLATE NOCASE) WHERE email IS NOT NULL;

CREATE TABLE freeze_link (
    token_hash BLOB PRIMARY KEY,
    member_id  INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    email      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX freeze_link_member ON freeze_link (member_id);
