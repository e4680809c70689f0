-- Approvers: who decides for whom, who of several has approved, and what was
-- not taken as an answer of theirs.

CREATE TABLE delegations (
    id         {{serial}},
    approver   TEXT   NOT NULL,          -- address
    delegate   TEXT   NOT NULL,          -- address
    first_day  TEXT   NOT NULL,          -- YYYY-MM-DD
    last_day   TEXT   NOT NULL,          -- YYYY-MM-DD, included
    mail_id    BIGINT NOT NULL REFERENCES mails (id),
    at         BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX delegations_last_day ON delegations (last_day);

-- Approvals that wait for those of others; the last one becomes the decision.
CREATE TABLE approvals (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    approver   TEXT   NOT NULL,          -- address
    plan_hash  TEXT   NOT NULL,
    mail_id    BIGINT NOT NULL REFERENCES mails (id),
    record     TEXT   NOT NULL,          -- JSON
    at         BIGINT NOT NULL,
    PRIMARY KEY (request_id, plan_hash, approver)
);

CREATE TABLE suspicions (
    id         {{serial}},
    request_id BIGINT REFERENCES requests (id),
    mail_id    BIGINT NOT NULL REFERENCES mails (id),
    why        TEXT   NOT NULL,
    approver   TEXT   NOT NULL,          -- address of whose answer it seemed to be
    from_addresses TEXT NOT NULL,        -- as the mail says
    told       INTEGER NOT NULL,         -- IT was written to
    warned     INTEGER NOT NULL,         -- that person was written to
    at         BIGINT NOT NULL
);
CREATE INDEX suspicions_request ON suspicions (request_id, why);
CREATE INDEX suspicions_approver ON suspicions (approver, why);
