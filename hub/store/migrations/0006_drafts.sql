-- What people are about to publish. The key is of the account, and gone with it.
CREATE TABLE draft (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL,
    org        TEXT NOT NULL,
    version    INTEGER NOT NULL,   -- one more with each change
    title      TEXT NOT NULL,
    status_id  TEXT NOT NULL,      -- of its publish; empty: it was not published
    created_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_account ON draft (account);
