-- The cluster of these nodes: its CA, who was invited, and who came. The CA's private key is
-- encrypted under a key that is in no database: cluster.key in the data directory of control nodes.
CREATE TABLE cluster (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  id text NOT NULL CHECK (id ~ '^[0-9a-f]{16}$'),
  ca_certificate text NOT NULL,
  ca_key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A token is seen once, when it is made: only the SHA-256 of its secret is kept. Roles are the bits
-- of protocol/node.hpp.
CREATE TABLE join_tokens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  roles integer NOT NULL CHECK (roles BETWEEN 1 AND 7),
  label text NOT NULL DEFAULT '' CHECK (char_length(label) <= 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  uses_left integer NOT NULL CHECK (uses_left >= 0),
  revoked_at timestamptz
);

-- Removed nodes stay for the record, and so that they do not come back. Where a node is reached it
-- says itself; the addresses of control nodes are what others join by.
CREATE TABLE nodes (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
  roles integer NOT NULL CHECK (roles > 0),
  token bigint REFERENCES join_tokens ON DELETE SET NULL,
  join_address text NOT NULL DEFAULT '' CHECK (char_length(join_address) <= 300),
  cluster_address text NOT NULL DEFAULT '' CHECK (char_length(cluster_address) <= 300),
  joined_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  removed_by text NOT NULL DEFAULT ''
);

-- The last few of each node.
CREATE TABLE node_certificates (
  serial text PRIMARY KEY CHECK (serial ~ '^[0-9A-F]{1,40}$'),
  node text NOT NULL REFERENCES nodes ON DELETE CASCADE,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at timestamptz NOT NULL
);
CREATE INDEX node_certificates_of_node ON node_certificates (node, issued_at DESC);
