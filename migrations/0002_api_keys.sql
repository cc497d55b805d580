-- What agents and programs prove their account with. A key is seen once, when it is made: only its
-- SHA-256 is kept, so that nobody who reads the database can use it. Revoked ones stay for the record.
CREATE TABLE api_keys (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  label text NOT NULL DEFAULT '' CHECK (char_length(label) <= 100),
  shown_prefix text NOT NULL CHECK (char_length(shown_prefix) <= 16),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_keys_of_account ON api_keys (account);
