-- +goose Up
ALTER TABLE sites ADD COLUMN until text NOT NULL DEFAULT ''; -- last day of the legal basis, YYYY-MM-DD; empty: it names none

-- +goose Down
ALTER TABLE sites DROP COLUMN until;
