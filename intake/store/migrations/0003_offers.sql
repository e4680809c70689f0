-- Plans that were offered to approvers instead of the one that was asked for.
CREATE TABLE offers (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    plan_hash  TEXT   NOT NULL,          -- of form and offered plan, which the offer's tokens carry
    instead_of TEXT   NOT NULL,          -- the plan_hash of the request that it was offered for
    plan       TEXT   NOT NULL,          -- JSON
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, plan_hash)
);
