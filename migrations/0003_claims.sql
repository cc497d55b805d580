-- Which account may use which public name or port, so that a tunnel has its old URL tomorrow. A
-- reservation is a claim without end, in the same row: taking and reserving exclude each other.
CREATE TABLE claims (
  name text NOT NULL DEFAULT '' CHECK (name ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$'),
  port integer NOT NULL DEFAULT 0 CHECK (port BETWEEN 0 AND 65535),
  account bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
  held_until timestamptz NOT NULL,
  reserved_at timestamptz,
  PRIMARY KEY (name, port),
  CHECK ((name = '') <> (port = 0)),
  CHECK (reserved_at IS NULL OR port = 0)
);
CREATE INDEX claims_of_account ON claims (account);
CREATE INDEX claims_that_end ON claims (held_until) WHERE reserved_at IS NULL;
