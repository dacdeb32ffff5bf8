"""The laws of `hub.store.base` as questions to the stored data: each counts what breaks one."""

from __future__ import annotations

from hub.store.filters import rank
from hub.store.index import ALL
from hub.store.merge import Standing

_BETTER = (
    "SELECT 1 FROM record o INDEXED BY record_object WHERE o.collection = r.collection"
    " AND o.object_id = r.object_id AND o.standing > 0"
    f" AND {rank('o')} > {rank('r')}"
)

_WORDED = f"SELECT rowid FROM words WHERE words MATCH '\"{ALL}\"'"

_RECORDS = {
    "ordinals missing from the change log": (
        "SELECT (SELECT ordinal FROM clock) - count(*) FROM change"
    ),
    "change ordinals out of range": (
        "SELECT count(*) FROM change WHERE ordinal < 1 OR ordinal > (SELECT ordinal FROM clock)"
    ),
    "dates of changes that do not rise": (
        "SELECT count(*) FROM (SELECT at_us, lag(at_us) OVER (ORDER BY ordinal) AS before"
        " FROM change) WHERE before >= at_us"
    ),
    "records without a change row": (
        "SELECT (SELECT count(*) FROM record)"
        " - (SELECT count(DISTINCT added_us) FROM change WHERE kind <> 'delete')"
    ),
    "dates that were given and may be given again": (
        "SELECT count(*) FROM change WHERE at_us > (SELECT last_us FROM clock)"
    ),
    "deleted records that can be read": (
        "SELECT count(*) FROM record WHERE standing > 0"
        " AND added_us IN (SELECT added_us FROM change WHERE kind = 'delete')"
    ),
    "records without a label": (
        "SELECT count(*) FROM record r WHERE NOT EXISTS"
        " (SELECT 1 FROM label l WHERE l.key = r.label AND l.collection = r.collection)"
    ),
    "latest versions that are not the best": (
        f"SELECT count(*) FROM record r WHERE r.standing >= {Standing.LAST:d} AND EXISTS ({_BETTER})"
    ),
    "objects without exactly one latest version": (
        "SELECT count(*) FROM (SELECT 1 FROM record INDEXED BY record_object WHERE standing > 0"
        f" GROUP BY collection, object_id HAVING sum(standing >= {Standing.LAST:d}) <> 1"
        f" OR (count(*) = 1) <> (max(standing) = {Standing.ONLY:d}))"
    ),
    "records that are passed over though a reader may see none better": (
        f"SELECT count(*) FROM record r WHERE r.standing = {Standing.OLDER:d} AND NOT EXISTS"
        f" ({_BETTER} AND o.label = r.label AND o.added_us > r.added_us)"
    ),
}

_SEARCH = {
    "records that search does not know as they are": (
        "SELECT count(*) FROM record r WHERE r.standing > 0 AND NOT EXISTS (SELECT 1 FROM found f"
        " WHERE f.added_us = r.added_us AND f.standing = r.standing AND f.label = r.label)"
    ),
    "records that search knows and that are gone": (
        "SELECT count(*) FROM found f WHERE NOT EXISTS"
        " (SELECT 1 FROM record r WHERE r.added_us = f.added_us AND r.standing > 0)"
    ),
    "records without words": (f"SELECT count(*) FROM found WHERE added_us NOT IN ({_WORDED})"),
    "words of records that are gone": (
        f"SELECT count(*) FROM ({_WORDED}) w WHERE NOT EXISTS"
        " (SELECT 1 FROM found f WHERE f.added_us = w.rowid)"
    ),
}

CHECKS = _RECORDS | _SEARCH
"""Questions that count what must not be, by the fault that it is"""

UNFOUND = "newest records that are not found by their values"
"""The fault of the sample that is computed once more"""

OF_SEARCH = frozenset({*_SEARCH, UNFOUND})
"""Faults of what is made from the records: they themselves are whole"""
