-- Closings: what became of a confirmed request to close a site.

CREATE TABLE closings (
    request_id BIGINT PRIMARY KEY REFERENCES requests (id),
    link_hash  TEXT   NOT NULL,          -- SHA-256 of the token of its link, hex; empty: it has none
    record     TEXT   NOT NULL           -- JSON
);
CREATE INDEX closings_link ON closings (link_hash);
