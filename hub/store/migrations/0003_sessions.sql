-- The latest instant at which the sessions were changed: a clock that was set back shows against it.
CREATE TABLE session_clock (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    seen_us INTEGER NOT NULL
) STRICT;
INSERT INTO session_clock VALUES (1, 0);

-- Log-ins of people. The key is the SHA-256 of the secret in the cookie.
CREATE TABLE session (
    digest     BLOB PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account    TEXT NOT NULL,
    method     TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    used_us    INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    idle_us    INTEGER NOT NULL,
    ends_us    INTEGER NOT NULL,   -- when it ends if it is not used any more
    waits      INTEGER NOT NULL,   -- 1: for the second factor
    tries      INTEGER NOT NULL,   -- wrong second factors
    label      TEXT NOT NULL,
    address    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);
CREATE INDEX session_end ON session (ends_us);

-- One second factor (TOTP) per account at most.
CREATE TABLE factor (
    account    TEXT PRIMARY KEY,
    sealed     BLOB NOT NULL,      -- the secret, encrypted under a key that is not in this file
    offered_us INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    step       INTEGER NOT NULL,   -- last time step that was accepted
    wrong      INTEGER NOT NULL,   -- wrong codes since the last right one
    wrong_us   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery (
    account TEXT NOT NULL,
    digest  BLOB NOT NULL,
    PRIMARY KEY (account, digest)
) STRICT, WITHOUT ROWID;
