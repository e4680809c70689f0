-- The words in braces are the dialect's own; see dialect.go.
-- Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE mails (
    id            {{serial}},
    mailbox       TEXT   NOT NULL,
    uid_validity  BIGINT NOT NULL,
    uid           BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    size          BIGINT NOT NULL,
    oversized     INTEGER NOT NULL DEFAULT 0,
    sha256        TEXT   NOT NULL,
    raw           {{blob}},               -- absent where same_as is set
    same_as       BIGINT REFERENCES mails (id),
    fate          TEXT   CHECK (fate IN ('registered', 'decided', 'answered', 'automatic', 'set_aside')),
    note          TEXT   NOT NULL DEFAULT '',
    request_id    BIGINT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    due_at        BIGINT NOT NULL DEFAULT 0,
    handled_at    BIGINT,
    UNIQUE (mailbox, uid_validity, uid)
);
CREATE UNIQUE INDEX mails_bytes ON mails (sha256) WHERE same_as IS NULL;
CREATE INDEX mails_pending ON mails (id) WHERE fate IS NULL AND same_as IS NULL;

CREATE TABLE serials (
    year BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE requests (
    id           {{serial}},
    year         BIGINT NOT NULL,
    serial       BIGINT NOT NULL,
    registered_on TEXT  NOT NULL,        -- YYYY-MM-DD
    kind         TEXT   NOT NULL CHECK (kind IN ('create', 'close')),
    status       TEXT   NOT NULL CHECK (status IN ('received', 'returned', 'awaiting_approval', 'rejected',
                     'withdrawn', 'expired', 'approved', 'scheduled', 'provisioning', 'stuck', 'active',
                     'closing', 'closed')),
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
CREATE INDEX requests_site ON requests (site_id);
CREATE INDEX requests_purpose ON requests (purpose);

CREATE TABLE decisions (
    request_id BIGINT PRIMARY KEY REFERENCES requests (id),
    mail_id    BIGINT NOT NULL REFERENCES mails (id),
    verdict    TEXT   NOT NULL CHECK (verdict IN ('approve', 'reject')),
    record     TEXT   NOT NULL,          -- JSON
    sha256     TEXT   NOT NULL,          -- of record, hex
    at         BIGINT NOT NULL
);

CREATE TABLE tokens (
    hash       TEXT   PRIMARY KEY,       -- SHA-256, hex; the token itself is in no table
    purpose    TEXT   NOT NULL CHECK (purpose IN ('decides', 'confirms_decision', 'confirms_request')),
    request_id BIGINT NOT NULL REFERENCES requests (id),
    address    TEXT   NOT NULL,
    plan_hash  TEXT   NOT NULL,
    verdict    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);
CREATE INDEX tokens_request ON tokens (request_id);

CREATE TABLE events (
    id         {{serial}},
    request_id BIGINT REFERENCES requests (id),
    mail_id    BIGINT REFERENCES mails (id),
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    -- The chain; see chain.go. Hashes are SHA-256 in hex, "" for none.
    number     TEXT   NOT NULL,          -- of the request, "" for none
    mail_sha256     TEXT NOT NULL,
    decision_sha256 TEXT NOT NULL,
    prev_sha256     TEXT NOT NULL,
    sha256          TEXT NOT NULL
);
CREATE INDEX events_request ON events (request_id);

CREATE TABLE notices (
    id         {{serial}},
    request_id BIGINT REFERENCES requests (id),
    kind       TEXT   NOT NULL,
    to_address TEXT   NOT NULL,
    message_id_sha256 TEXT NOT NULL UNIQUE, -- hex; a Message-ID may hold a token
    sha256     TEXT   NOT NULL,          -- of raw, hex
    raw        {{blob}},                 -- wiped after sending where secret
    secret     INTEGER NOT NULL,
    bounded    INTEGER NOT NULL,
    text       TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    reason     TEXT   NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    sent_at    BIGINT
);
CREATE INDEX notices_request ON notices (request_id);
CREATE INDEX notices_bounded ON notices (to_address, created_at) WHERE bounded = 1;
