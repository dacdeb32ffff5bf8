-- The write clock: last date added that was given, last ordinal of the change log.
CREATE TABLE clock (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    last_us INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,   -- rises with every change of `party`
    probe   INTEGER NOT NULL    -- written by the readiness check
) STRICT;
INSERT INTO clock VALUES (1, 0, 0, 0, 0);

-- One row per object version and collection, in the order they were accepted. The date added is
-- the key: a page is a range of it. Narrow columns come first, so that filters seldom touch the
-- overflow pages of `raw`.
CREATE TABLE record (
    added_us   INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    standing   INTEGER NOT NULL,   -- hub.store.merge.Standing
    version_us INTEGER NOT NULL,
    stix       TEXT NOT NULL,
    type       TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    version    TEXT NOT NULL,
    publisher  TEXT NOT NULL,
    digest     BLOB NOT NULL,
    terms      TEXT NOT NULL,
    warnings   TEXT NOT NULL,
    raw        BLOB NOT NULL
) STRICT;
-- The key is part of every index as its last column, so each of these is ordered by date added.
CREATE INDEX record_last ON record (collection) WHERE standing = 3;
CREATE INDEX record_live ON record (collection) WHERE standing > 0;
CREATE INDEX record_type ON record (collection, type) WHERE standing > 0;
CREATE UNIQUE INDEX record_object ON record (collection, object_id, version_us) WHERE standing > 0;

-- Every change, numbered without gaps: what delivery, the search index and checks follow.
CREATE TABLE change (
    ordinal    INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    at_us      INTEGER NOT NULL,
    added_us   INTEGER NOT NULL,
    collection INTEGER NOT NULL
) STRICT;

CREATE TABLE status (
    id           TEXT PRIMARY KEY,
    requested_us INTEGER NOT NULL,
    org          TEXT NOT NULL,
    body         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX status_age ON status (requested_us);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    account TEXT NOT NULL,
    org     TEXT NOT NULL,
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

-- Organisations, communities, accounts, tokens, collections and grants: a few thousand small
-- documents that are always read together.
CREATE TABLE party (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
