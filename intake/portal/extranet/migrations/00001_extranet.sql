-- Times are milliseconds since 1970-01-01 UTC; sizes are bytes.

-- +goose Up
CREATE TABLE sites (
    id          text    NOT NULL PRIMARY KEY,
    title       text    NOT NULL,
    partner     text    NOT NULL,
    department  text    NOT NULL,
    info_types  text    NOT NULL,
    legal_basis text    NOT NULL,
    request     text    NOT NULL,
    state       text    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'suspended', 'closed')),
    used_bytes  integer NOT NULL DEFAULT 0 CHECK (used_bytes >= 0), -- sum of nodes.size, the bin included
    created_at  integer NOT NULL
);

CREATE TABLE accounts (
    address     text    NOT NULL PRIMARY KEY CHECK (address = lower(address)),
    name        text    NOT NULL,
    password    text    NOT NULL DEFAULT '', -- PHC string; empty: none was set yet
    password_at integer NOT NULL DEFAULT 0,
    created_at  integer NOT NULL
);

CREATE TABLE members (
    site_id  text    NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    address  text    NOT NULL REFERENCES accounts (address),
    name     text    NOT NULL,
    side     text    NOT NULL CHECK (side IN ('partner', 'internal')),
    rights   integer NOT NULL CHECK (rights BETWEEN 1 AND 7), -- forms.Rights
    added_at integer NOT NULL,
    PRIMARY KEY (site_id, address)
);
CREATE INDEX members_by_address ON members (address);

-- Who may do what now. Every check of a right and every reading back of rights
-- goes through this view, so that what is reported is what is enforced.
CREATE VIEW access AS
    SELECT m.site_id, m.address, m.name, m.side, m.rights
    FROM members m JOIN sites s ON s.id = m.site_id
    WHERE s.state = 'open';

-- One-time links: at most one an account, so that a new one ends the one before.
CREATE TABLE links (
    address    text    NOT NULL PRIMARY KEY REFERENCES accounts (address) ON DELETE CASCADE,
    hash       blob    NOT NULL UNIQUE, -- SHA-256 of the token
    created_at integer NOT NULL,
    expires_at integer NOT NULL
);

CREATE TABLE sessions (
    hash       blob    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie
    address    text    NOT NULL REFERENCES accounts (address) ON DELETE CASCADE,
    created_at integer NOT NULL,
    seen_at    integer NOT NULL,
    expires_at integer NOT NULL
);
CREATE INDEX sessions_by_address ON sessions (address);

-- Passwords made by us for programs (WebDAV), each of which can be taken back.
CREATE TABLE app_passwords (
    id         integer NOT NULL PRIMARY KEY,
    address    text    NOT NULL REFERENCES accounts (address) ON DELETE CASCADE,
    label      text    NOT NULL,
    hash       blob    NOT NULL UNIQUE, -- SHA-256: it is random, so nothing slower is needed
    created_at integer NOT NULL,
    used_at    integer NOT NULL DEFAULT 0
);
CREATE INDEX app_passwords_by_address ON app_passwords (address);

-- The tree of files and folders of every site. The names that people give
-- stand only here; on disk a file has the name in blob.
CREATE TABLE nodes (
    id           integer NOT NULL PRIMARY KEY,
    site_id      text    NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    parent_id    integer REFERENCES nodes (id) ON DELETE CASCADE, -- NULL: the site's root, or thrown away
    name         text    NOT NULL,
    kind         text    NOT NULL CHECK (kind IN ('root', 'folder', 'file')),
    blob         text    UNIQUE,
    size         integer NOT NULL DEFAULT 0,
    sha256       blob,
    created_at   integer NOT NULL,
    created_by   text    NOT NULL,
    modified_at  integer NOT NULL,
    modified_by  text    NOT NULL,
    -- set on the top of what was thrown away; what is below keeps its parent
    deleted_at   integer,
    deleted_by   text,
    deleted_from integer REFERENCES nodes (id) ON DELETE SET NULL,
    deleted_path text,
    UNIQUE (parent_id, name),
    CHECK ((kind = 'file') = (blob IS NOT NULL)),
    CHECK ((kind = 'root' OR deleted_at IS NOT NULL) = (parent_id IS NULL))
);
CREATE INDEX nodes_by_site ON nodes (site_id);
CREATE UNIQUE INDEX nodes_root ON nodes (site_id) WHERE kind = 'root';
CREATE INDEX nodes_bin ON nodes (site_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX nodes_deleted_from ON nodes (deleted_from) WHERE deleted_from IS NOT NULL;

-- Dead properties (RFC 4918, 4).
CREATE TABLE properties (
    node_id integer NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    space   text    NOT NULL,
    name    text    NOT NULL,
    lang    text    NOT NULL,
    value   blob    NOT NULL,
    PRIMARY KEY (node_id, space, name)
);

-- Who did what, when. It outlives members and accounts.
CREATE TABLE journal (
    id      integer NOT NULL PRIMARY KEY,
    site_id text    NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    at      integer NOT NULL,
    address text    NOT NULL,
    action  text    NOT NULL,
    path    text    NOT NULL,
    detail  text    NOT NULL DEFAULT ''
);
CREATE INDEX journal_by_site ON journal (site_id, at);

-- +goose Down
DROP TABLE journal;
DROP TABLE properties;
DROP TABLE nodes;
DROP TABLE app_passwords;
DROP TABLE sessions;
DROP TABLE links;
DROP VIEW access;
DROP TABLE members;
DROP TABLE accounts;
DROP TABLE sites;
