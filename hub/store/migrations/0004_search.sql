-- Search. `hub.store.index` fills it, in the transaction of each record, and at this step.

-- Which store this is: a search index outside of it is made from this one and no other.
CREATE TABLE origin (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL
) STRICT;
INSERT INTO origin VALUES (1, lower(hex(randomblob(16))));

-- Words and values of every live record, by its date added. It keeps no copy of what it indexes.
-- Only blanks separate tokens: `hub.store.index` spells them so that none has a blank or a quote.
CREATE VIRTUAL TABLE words USING fts5(
    names, texts, terms, content='', columnsize=0,
    tokenize='ascii tokenchars ''!#$%&()*+,-./:;<=>?@[\]^_`{|}~'''
);

-- What is filtered, counted and drawn of every live record: narrow, so that a million are read soon.
CREATE TABLE found (
    added_us    INTEGER PRIMARY KEY,
    label       INTEGER NOT NULL,
    standing    INTEGER NOT NULL,   -- hub.store.merge.Standing
    tlp         INTEGER NOT NULL,   -- hub.model.tlp.Tlp
    collection  INTEGER NOT NULL,
    type        TEXT NOT NULL,
    publisher   TEXT NOT NULL,
    created     INTEGER,            -- microseconds, as the next three
    modified    INTEGER,
    valid_from  INTEGER,
    valid_until INTEGER,
    confidence  INTEGER,
    tags        TEXT                -- JSON: facet field -> keys; NULL: none
) STRICT;
-- Counts of everything, and by type or publisher, without looking at what has other labels. Few
-- pages of it are written at a time, as what comes together is alike.
CREATE INDEX found_count ON found (label, type, publisher, tlp, collection, standing);

CREATE TRIGGER found_standing AFTER UPDATE OF standing ON record WHEN NEW.standing > 0 BEGIN
    UPDATE found SET standing = NEW.standing WHERE added_us = NEW.added_us;
END;
CREATE TRIGGER found_gone AFTER UPDATE OF standing ON record WHEN NEW.standing = 0 BEGIN
    DELETE FROM found WHERE added_us = NEW.added_us;
END;

-- Tombstones by object: what is not to be found any more.
CREATE INDEX record_gone ON record (collection, object_id) WHERE standing = 0;
