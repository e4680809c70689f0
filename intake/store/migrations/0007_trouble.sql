-- What was settled about a request's members after it was approved; its plan
-- stays as it was approved.
CREATE TABLE deviations (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    number     INTEGER NOT NULL,         -- 0, 1, … in the order in which they apply
    record     TEXT   NOT NULL,          -- JSON
    PRIMARY KEY (request_id, number)
);

-- What stopped a request the last time.
CREATE TABLE troubles (
    request_id BIGINT PRIMARY KEY REFERENCES requests (id),
    record     TEXT   NOT NULL           -- JSON
);

-- Mails of ours that did not arrive.
CREATE TABLE undelivered (
    notice_id  BIGINT PRIMARY KEY REFERENCES notices (id),
    request_id BIGINT REFERENCES requests (id),
    kind       TEXT   NOT NULL,          -- of the letter
    address    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    sure       INTEGER NOT NULL,         -- 0: it was only guessed which mail it is
    mail_id    BIGINT REFERENCES mails (id), -- the notification; absent where the server refused at once
    at         BIGINT NOT NULL
);
CREATE INDEX undelivered_request ON undelivered (request_id);
