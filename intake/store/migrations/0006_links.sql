-- How many one-time links an address got lately.
CREATE INDEX notices_to ON notices (to_address, kind, created_at);
