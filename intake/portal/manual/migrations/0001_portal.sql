-- +goose Up
-- What is wanted, and what IT confirmed to have done.
CREATE TABLE sites (
    id        TEXT PRIMARY KEY,
    wanted    TEXT NOT NULL,              -- JSON of intake.Site
    state     TEXT NOT NULL CHECK (state IN ('open', 'suspended', 'closed', 'deleted')), -- wanted
    confirmed TEXT,                       -- JSON of intake.Site; NULL: not made yet
    stands    TEXT CHECK (stands IN ('open', 'suspended', 'closed')), -- confirmed
    url       TEXT NOT NULL DEFAULT '',
    done      TEXT NOT NULL DEFAULT ''    -- hash of the work that was confirmed last
);

CREATE TABLE members (
    site_id   TEXT NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    address   TEXT NOT NULL,
    wanted    TEXT,                       -- JSON of intake.Member; NULL: is to have no access
    confirmed TEXT,                       -- JSON of intake.Member; NULL: has none
    PRIMARY KEY (site_id, address)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE members;
DROP TABLE sites;
