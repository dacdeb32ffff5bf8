-- Work that comes again and again: feeds and deliveries. Whoever does a job holds it for a while.
CREATE TABLE job (
    name       TEXT PRIMARY KEY,   -- feed:NAME or delivery:NAME
    owner      TEXT NOT NULL DEFAULT '',
    until_us   INTEGER NOT NULL DEFAULT 0,
    began_us   INTEGER NOT NULL DEFAULT 0,
    started_us INTEGER NOT NULL DEFAULT 0,   -- instant of the run; 0: nothing is unfinished
    state      BLOB NOT NULL DEFAULT x'',
    failures   INTEGER NOT NULL DEFAULT 0,
    next_us    INTEGER NOT NULL DEFAULT 0,
    ended_us   INTEGER NOT NULL DEFAULT 0,
    well_us    INTEGER NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    paused     INTEGER NOT NULL DEFAULT 0,
    wished     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE job_run (
    number     INTEGER PRIMARY KEY,
    job        TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    ended_us   INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    counts     BLOB NOT NULL,
    words      TEXT NOT NULL
) STRICT;
CREATE INDEX job_run_job ON job_run (job, number);

-- What a job published or saw of each object, so that what says nothing new is left alone.
CREATE TABLE job_memory (
    job        TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    digest     BLOB NOT NULL,
    version_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    own        INTEGER NOT NULL,
    PRIMARY KEY (job, object_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_dead (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    job     TEXT NOT NULL,
    key     TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    revived INTEGER NOT NULL DEFAULT 0,
    body    BLOB NOT NULL
) STRICT;
CREATE INDEX job_dead_job ON job_dead (job, number);

-- Which tombstones were deleted, and not replaced.
CREATE INDEX change_deleted ON change (added_us) WHERE kind = 'delete';
