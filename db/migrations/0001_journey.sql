-- Times are whole seconds since 1970, UTC.

CREATE TABLE member (
    id          INTEGER PRIMARY KEY,
    matricule   TEXT NOT NULL UNIQUE CHECK (matricule GLOB '[0-9][0-9][0-9][0-9][0-9]'),
    family_name TEXT NOT NULL,
    first_name  TEXT NOT NULL,
    family_key  TEXT NOT NULL,
    first_key   TEXT NOT NULL,
    birth_date  TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    email       TEXT,
    active      INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE account (
    member_id           INTEGER PRIMARY KEY REFERENCES member ON DELETE CASCADE,
    email               TEXT NOT NULL,
    email_confirmed_at  INTEGER,
    password_hash       TEXT NOT NULL,
    password_changed_at INTEGER NOT NULL,
    consent_version     TEXT NOT NULL,
    consented_at        INTEGER NOT NULL,
    language            TEXT NOT NULL,
    created_at          INTEGER NOT NULL,
    frozen_at           INTEGER
) STRICT;
CREATE INDEX account_email ON account (email);

CREATE TABLE email_change (
    member_id    INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    email        TEXT NOT NULL,
    requested_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery (
    code_hmac  BLOB PRIMARY KEY,
    member_id  INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_member ON recovery (member_id);

CREATE TABLE session (
    id_hash      BLOB PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    scope        TEXT NOT NULL CHECK (scope IN ('full', 'choose')),
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_member ON session (member_id);

CREATE TABLE spent_challenge (
    nonce      BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL,
    member_id       INTEGER REFERENCES member ON DELETE CASCADE,
    recipient       TEXT NOT NULL,
    queued_at       INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    leased_until    INTEGER,
    last_error      TEXT,
    sent_at         INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE journal (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    event     TEXT NOT NULL,
    member_id INTEGER REFERENCES member ON DELETE SET NULL,
    actor     TEXT NOT NULL,
    address   TEXT
) STRICT;
CREATE INDEX journal_member ON journal (member_id, at);
CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal
WHEN NEW.member_id IS OLD.member_id
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
