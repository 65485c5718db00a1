-- Since when a member is inactive: its rows are erased some time after. Empty: from the next purge.
ALTER TABLE member ADD COLUMN inactive_since INTEGER;

-- Who was erased, so that a restored backup does not bring them back: the number of the row that
-- is gone, and for those who asked for it a salted hash that says no more than whether it fits.
CREATE TABLE erasure (
    member_id INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    salt      BLOB,
    person    BLOB,
    CHECK ((salt IS NULL) = (person IS NULL))
) STRICT;

-- The journal is append-only: a row may lose its member, and with it the address and the call code.
DROP TRIGGER journal_is_append_only;
CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal
WHEN NEW.member_id IS NOT NULL
  OR NEW.id IS NOT OLD.id
  OR NEW.at IS NOT OLD.at
  OR NEW.event IS NOT OLD.event
  OR NEW.actor IS NOT OLD.actor
  OR NEW.detail IS NOT OLD.detail
  OR (NEW.address IS NOT OLD.address AND (NEW.address IS NOT NULL OR OLD.member_id IS NULL))
  OR (NEW.call_code IS NOT OLD.call_code AND (NEW.call_code IS NOT NULL OR OLD.member_id IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
