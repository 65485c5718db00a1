-- What the office needs at the telephone.
ALTER TABLE journal ADD COLUMN call_code TEXT;
ALTER TABLE journal ADD COLUMN detail TEXT;
CREATE INDEX journal_call_code ON journal (call_code) WHERE call_code IS NOT NULL;
CREATE INDEX journal_address ON journal (address, at);
CREATE INDEX member_without_matricule ON member (birth_date, postal_code);
