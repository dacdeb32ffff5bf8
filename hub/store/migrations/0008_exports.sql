-- What exports keep from one pull to the next. A book is of an account and of how far its credential
-- reaches, so that numbers tell nothing of what another credential sees.
CREATE TABLE export_rule (
    account TEXT NOT NULL,
    ceiling INTEGER NOT NULL,
    name    TEXT NOT NULL,       -- what the rule looks for, and in which language
    sid     INTEGER NOT NULL,
    rev     INTEGER NOT NULL,    -- one more with each change of its text
    digest  BLOB NOT NULL,       -- of its text
    PRIMARY KEY (account, ceiling, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX export_rule_sid ON export_rule (account, ceiling, sid);

CREATE TABLE export_state (
    account    TEXT NOT NULL,
    ceiling    INTEGER NOT NULL,
    what       TEXT NOT NULL,    -- which file
    seen       BLOB NOT NULL,    -- of what it was made from
    digest     BLOB NOT NULL,    -- of its content
    serial     INTEGER NOT NULL, -- rises with each change of its content
    changed_us INTEGER NOT NULL,
    turn_us    INTEGER NOT NULL, -- when something in it begins or ends
    left_out   TEXT NOT NULL,
    PRIMARY KEY (account, ceiling, what)
) STRICT, WITHOUT ROWID;
