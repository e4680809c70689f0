-- references: off
-- The life of a site after it is open. Tables are made anew where a CHECK
-- changes; SQLite can't alter one.

CREATE TABLE requests_new (
    id           {{serial}},
    year         BIGINT NOT NULL,
    serial       BIGINT NOT NULL,
    registered_on TEXT  NOT NULL,        -- YYYY-MM-DD
    kind         TEXT   NOT NULL CHECK (kind IN ('create', 'close')),
    status       TEXT   NOT NULL CHECK (status IN ('received', 'returned', 'awaiting_approval', 'rejected',
                     'withdrawn', 'expired', 'approved', 'scheduled', 'provisioning', 'stuck', 'active',
                     'replaced', 'closing', 'closed')),
    from_name    TEXT   NOT NULL,
    from_address TEXT   NOT NULL,
    department   TEXT   NOT NULL,
    partner      TEXT   NOT NULL,
    proven       TEXT   NOT NULL,
    submission   TEXT   NOT NULL,        -- JSON
    plan         TEXT   NOT NULL,        -- JSON
    plan_hash    TEXT   NOT NULL,
    purpose      TEXT   NOT NULL,
    site_id      TEXT   NOT NULL,
    form_name    TEXT   NOT NULL,
    form_mail    BIGINT NOT NULL REFERENCES mails (id),
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    UNIQUE (year, serial)
);
INSERT INTO requests_new (id, year, serial, registered_on, kind, status, from_name, from_address, department, partner, proven, submission, plan, plan_hash,
    purpose, site_id, form_name, form_mail, created_at, changed_at)
    SELECT id, year, serial, registered_on, kind, status, from_name, from_address, department, partner, proven, submission, plan, plan_hash,
    purpose, site_id, form_name, form_mail, created_at, changed_at FROM requests;
DROP TABLE requests;
ALTER TABLE requests_new RENAME TO requests;
CREATE INDEX requests_site ON requests (site_id);
CREATE INDEX requests_purpose ON requests (purpose);

CREATE TABLE tokens_new (
    hash       TEXT   PRIMARY KEY,       -- SHA-256, hex; the token itself is in no table
    purpose    TEXT   NOT NULL CHECK (purpose IN ('decides', 'confirms_decision', 'confirms_request',
                     'reviews', 'does_work')),
    request_id BIGINT NOT NULL REFERENCES requests (id),
    address    TEXT   NOT NULL,
    plan_hash  TEXT   NOT NULL,
    verdict    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);
INSERT INTO tokens_new (hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at, spent_at)
    SELECT hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at, spent_at FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_new RENAME TO tokens;
CREATE INDEX tokens_request ON tokens (request_id);

-- What the desk does once a day.
CREATE TABLE chores (
    name    TEXT PRIMARY KEY,
    done_on TEXT NOT NULL                -- YYYY-MM-DD
);
