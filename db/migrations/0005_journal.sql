-- The journal is append-only: a row may lose its member (who left the roster), nothing else.

DROP TRIGGER journal_is_append_only;
CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal
WHEN NEW.member_id IS NOT NULL
  OR NEW.id IS NOT OLD.id
  OR NEW.at IS NOT OLD.at
  OR NEW.event IS NOT OLD.event
  OR NEW.actor IS NOT OLD.actor
  OR NEW.address IS NOT OLD.address
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
