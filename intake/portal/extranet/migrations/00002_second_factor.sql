-- +goose Up

-- Codes of an app at login (TOTP, RFC 6238), for the accounts that want them.
CREATE TABLE second_factors (
    address      text    NOT NULL PRIMARY KEY REFERENCES accounts (address) ON DELETE CASCADE,
    secret       blob    NOT NULL,           -- codes are made from it, so it cannot be hashed
    confirmed_at integer NOT NULL DEFAULT 0, -- 0: being set up, asked for by nothing yet
    last_step    integer NOT NULL DEFAULT 0  -- of the last code that was taken: none is taken twice
);

-- Codes that stand in for the app, each once.
CREATE TABLE recovery_codes (
    address text NOT NULL REFERENCES second_factors (address) ON DELETE CASCADE,
    hash    blob NOT NULL, -- SHA-256: it is random, so nothing slower is needed
    PRIMARY KEY (address, hash)
);

-- +goose Down
DROP TABLE recovery_codes;
DROP TABLE second_factors;
