-- What was hashed of the password: 1 the text as it was typed, 2 its normalised form.
ALTER TABLE account ADD COLUMN password_form INTEGER NOT NULL DEFAULT 1
    CHECK (password_form IN (1, 2));
