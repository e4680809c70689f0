-- What was purged because its time was over. The rows themselves keep what the
-- record needs; what is gone from them, and by which purge, stands here, so
-- that the chain of events can still be followed. See purge.go.

CREATE TABLE purges (
    id     {{serial}},
    at     BIGINT NOT NULL,
    sha256 TEXT   NOT NULL               -- of what was left of the rows, hex; the event of the purge has it too
);

CREATE TABLE purged (
    kind     TEXT   NOT NULL CHECK (kind IN ('mail', 'event', 'form', 'request', 'decision')),
    row_id   BIGINT NOT NULL,            -- of a mail, an event, or a request
    purge_id BIGINT NOT NULL REFERENCES purges (id),
    content_sha256 TEXT NOT NULL,        -- of what an event said, hex; "" for the others
    PRIMARY KEY (kind, row_id)
);
CREATE INDEX purged_purge ON purged (purge_id);

CREATE INDEX events_mail ON events (mail_id);
CREATE INDEX requests_form_mail ON requests (form_mail);
CREATE INDEX decisions_mail ON decisions (mail_id);
CREATE INDEX approvals_mail ON approvals (mail_id);
CREATE INDEX suspicions_mail ON suspicions (mail_id);
CREATE INDEX mails_request ON mails (request_id);
