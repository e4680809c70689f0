-- +goose Up

-- Large files on their way, part by part.
CREATE TABLE uploads (
    id       text    NOT NULL PRIMARY KEY,
    key      text    NOT NULL UNIQUE, -- SHA-256 of what makes it the same file: whose, where, how large, how old
    site_id  text    NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    address  text    NOT NULL,
    path     text    NOT NULL,
    size     integer NOT NULL,
    replaces integer NOT NULL CHECK (replaces IN (0, 1)),
    blob     text    NOT NULL UNIQUE,
    received integer NOT NULL DEFAULT 0, -- bytes that are on the disk for certain
    used_at  integer NOT NULL
);
CREATE INDEX uploads_by_member ON uploads (site_id, address);

-- +goose Down
DROP TABLE uploads;
