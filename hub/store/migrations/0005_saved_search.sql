-- Queries that people keep, for themselves or for their organisation.
CREATE TABLE saved_search (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    org      TEXT NOT NULL,
    name     TEXT NOT NULL,
    query    TEXT NOT NULL,
    shared   INTEGER NOT NULL,   -- 1: the accounts of the organisation see it too
    saved_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_search_account ON saved_search (account);
CREATE INDEX saved_search_org ON saved_search (org);
