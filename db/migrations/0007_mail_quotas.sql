-- How many mails of a kind were queued about a member, and to a recipient, within some hours.
-- What the office sends is not counted, nor what `unlock` forgave.
ALTER TABLE outbox ADD COLUMN counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1));
CREATE INDEX outbox_kind_member ON outbox (member_id, kind, queued_at);
CREATE INDEX outbox_kind_recipient ON outbox (recipient COLLATE NOCASE, kind, queued_at);
