-- Markings, audiences and circles. `hub.store.upgrade` says how strictly each record is marked.

-- Who may see a record: rows are added and never changed.
CREATE TABLE label (
    key        INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    tlp        INTEGER NOT NULL,   -- hub.model.tlp.Tlp
    audience   TEXT NOT NULL,      -- subjects in order, such as "group:case-12 org:grid"; '': all
    UNIQUE (collection, tlp, audience)
) STRICT;

CREATE TABLE marked (
    added_us   INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    label      INTEGER NOT NULL,
    standing   INTEGER NOT NULL,   -- hub.store.merge.Standing
    version_us INTEGER NOT NULL,
    origin_us  INTEGER NOT NULL,
    part       INTEGER NOT NULL,
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

-- How the records of each collection are graded: its default, and the statements it holds.
CREATE TEMP TABLE grading AS
    SELECT c.collection, json_object(
        'default', CASE WHEN json_extract(CAST(p.body AS TEXT), '$.public') THEN 0 ELSE 1 END,
        'statements', (
            SELECT json_group_array(d.object_id) FROM record d INDEXED BY record_type
            WHERE d.collection = c.collection AND d.type = 'marking-definition'
              AND d.standing > 0 AND statement(d.raw, '') = 1
        )
    ) AS terms
    FROM (SELECT DISTINCT collection FROM record) c
    LEFT JOIN party p ON p.kind = 'collection' AND p.name = CAST(c.collection AS TEXT);

CREATE TEMP TABLE graded AS
    SELECT r.added_us, r.collection, r.publisher, marking(r.raw, g.terms) AS tlp
    FROM record r JOIN grading g ON g.collection = r.collection;

-- TLP:RED was seen by whoever could read the collection; from now on its publisher alone sees it.
INSERT INTO label (collection, tlp, audience)
    SELECT DISTINCT collection, tlp, iif(tlp = 4, 'org:' || publisher, '') FROM graded;

-- Where there are several records of an object, readers look which is the last one for them.
INSERT INTO marked
    SELECT r.added_us, r.collection, l.key,
           CASE r.standing WHEN 0 THEN 0 WHEN 3 THEN 3 ELSE 2 END,
           r.version_us, r.added_us, 0, r.stix, r.type, r.object_id, r.version, r.publisher,
           r.digest, r.terms, r.warnings, r.raw
    FROM record r JOIN graded g ON g.added_us = r.added_us
    JOIN label l ON l.collection = g.collection AND l.tlp = g.tlp
         AND l.audience = iif(g.tlp = 4, 'org:' || g.publisher, '')
    ORDER BY r.added_us;

DROP TABLE graded;
DROP TABLE grading;
DROP TABLE record;
ALTER TABLE marked RENAME TO record;

-- What a page needs stands in the index, behind the date added that orders it.
CREATE INDEX record_last ON record (label, added_us, standing) WHERE standing >= 2;
CREATE INDEX record_live ON record (label, added_us, standing) WHERE standing > 0;
CREATE INDEX record_type ON record (label, type, added_us, standing) WHERE standing > 0;
CREATE INDEX record_object ON record (collection, object_id, label, version_us) WHERE standing > 0;

UPDATE record SET standing = 4 WHERE standing = 3 AND (
    SELECT count(*) FROM record o INDEXED BY record_object
    WHERE o.collection = record.collection AND o.object_id = record.object_id AND o.standing > 0
) = 1;

ALTER TABLE status ADD COLUMN account TEXT NOT NULL DEFAULT '';

-- Members of communities became documents of their own; those who were there keep seeing all.
UPDATE party SET body = CAST(json_set(CAST(body AS TEXT), '$.members', (
    SELECT json_group_array(json_object('subject', json_array('org', value), 'since_us', 0))
    FROM json_each(CAST(body AS TEXT), '$.members')
)) AS BLOB) WHERE kind = 'community';

-- What is public has been read by everybody, marked or not.
UPDATE party SET body = CAST(json_set(CAST(body AS TEXT), '$.default', 0) AS BLOB)
WHERE kind = 'collection' AND json_extract(CAST(body AS TEXT), '$.public');

UPDATE clock SET epoch = epoch + 1 WHERE EXISTS (SELECT 1 FROM party);
