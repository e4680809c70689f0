-- Where the yearly review of who has access stands, for each site once it had one.
CREATE TABLE reviews (
    site_id    TEXT PRIMARY KEY,
    state      TEXT NOT NULL CHECK (state IN ('', 'asked', 'suspended', 'resuming', 'changing')),
    reviewed   TEXT NOT NULL,            -- YYYY-MM-DD, the last day of an answer; '' : never
    asked_on   TEXT NOT NULL,            -- YYYY-MM-DD, '' : is not asked
    reminders  INTEGER NOT NULL,         -- since then
    suspend_on TEXT NOT NULL             -- YYYY-MM-DD, as it was announced; '' : was not
);
