"""Every address of the hub: what is asked there in two worlds, or why nothing is.

`DOORS` are asked by viewers of worlds that differ in what is hidden. `APART` says of all other
addresses why their answers are not compared. An address that is in neither fails
`tests/http/test_all_doors.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec

from hub.http.session import csrf_token
from hub.service.outlet.table import FORMATS
from tests import fakes
from tests.http import cast
from tests.http.linked import FLAW, PATTERN, RELATION, REPORT
from tests.http.looking import API, EXPORT, PASTED, PLAIN_PAGES
from tests.http.pieces import INDICATORS, id_of, version_of
from tests.http.twins import objects
from tests.http.worlds import Ask, status_id

SEARCH, STATUS = "SEARCH", "STATUS"
"""Stand for the ids of the search that the viewer saved, and of what it published"""
KEPT = "kept"
"""Its name"""
DRAFT = "0" * 32
_FORM = "application/x-www-form-urlencoded"
_SHARED = f"/{fakes.ROOT}/collections/shared"
_ONE = f"{objects('shared')}{id_of(1)}/"


def _page(path: str, query: str = "") -> Ask:
    return Ask("GET", path, query, is_page=True)


def _sent(path: str, **fields: str) -> Ask:
    """A form of a page."""
    filled = urlencode({"token": csrf_token("secret")} | fields)
    return Ask("POST", path, pasted=filled, kind=_FORM, is_page=True)


_SAVED = (
    f'{{"name": "{KEPT}", "query": "type:(indicator OR report OR vulnerability)", "shared": true}}'
)
PREPARED = (
    Ask("POST", f"{API}/searches", pasted=_SAVED, kind="application/json"),
    _sent("/submit", draft=DRAFT, form="text", text=f"report a\n{PASTED}"),
    _sent(f"/submit/{DRAFT}", version="1", action="save", collection="1", tlp="green", keep="0"),
    Ask("POST", f"{_SHARED}/objects/", raws=(msgspec.json.encode(fakes.indicator(77)),)),
)
"""What a viewer does before it asks"""

_TAXII = (
    *("/taxii2/", f"/{fakes.ROOT}/", f"/{fakes.ROOT}/collections/", f"{_SHARED}/"),
    *(f"{_SHARED}/manifest/", f"{_SHARED}/objects/", _ONE, f"{_ONE}versions/"),
    *(f"/{fakes.ROOT}/status/{status}/" for status in (STATUS, status_id(0))),
)
_API = (
    *("/me", "/groups", "/communities", "/searches", "/openapi.json"),
    *(f"/objects/{id_of(number)}" for number in (1, 2, INDICATORS[0], RELATION, REPORT)),
)
_AROUND = tuple(
    Ask("GET", f"{API}/objects/{id_of(number)}/{name}", "limit=3")
    for number in (1, 2, *INDICATORS, REPORT, PATTERN)
    for name in ("related", "same")
)
_OBJECTS = tuple(
    _page(f"/objects/{id_of(number)}{tail}", query)
    for number in (1, 2, INDICATORS[0], REPORT, PATTERN, FLAW)
    for tail, query in (
        ("", ""),
        ("", f"version={version_of(1)}"),
        ("/versions", ""),
        ("/versions", f"old={version_of(0)}&new={version_of(1)}"),
        ("/graph", ""),
        ("/graph", f"open={id_of(2)}&open={id_of(REPORT)}"),
        ("/graph", "of=campaign&before=0"),
        ("/raw", ""),
    )
)
_EVENT = f"misp/{fakes.uuid_of(REPORT)}.json"
_ADVISORY = f"csaf/2023/{id_of(REPORT)}.json"
_FILES = tuple(
    Ask("GET", f"{place}/{name}")
    for place in (f"{EXPORT}/shared", f"{EXPORT}/notices", f"/export/searches/{SEARCH}")
    for name in (*FORMATS, "misp/manifest.json", "csaf/index.txt", _EVENT, _ADVISORY)
)
_ADMIN = (
    *("", "/accounts", "/collections", "/communities", "/groups", "/organisations", "/tokens"),
    *("/certificates", "/settings", "/warning-list", "/groups/case"),
    *("/communities/energy", "/organisations/ministry", "/accounts/ministry-chief"),
    f"/collections/{fakes.uuid_of(cast.KEYS['closed'])}",
)

DOORS = (
    *(Ask("GET", path) for path in _TAXII),
    *(Ask("GET", f"{API}{path}") for path in _API),
    *_AROUND,
    Ask("GET", f"{API}/search", "q=type:(report OR relationship)&limit=2"),
    Ask("GET", f"{API}/search", "q=&sort=oldest&limit=2"),
    Ask("GET", f"{API}/search", "q=attack:T1566&format=csv"),
    Ask("GET", f"{API}/facets", "q=&field=type&field=attack&field=cve"),
    Ask("GET", f"{API}/histogram", "q=&field=added"),
    Ask("GET", f"{API}/suggest", "field=attack&begin=T"),
    Ask("POST", f"{API}/lookup", pasted=PASTED),
    Ask("DELETE", f"{API}/searches/{'f' * 16}"),
    *_FILES,
    *PLAIN_PAGES,
    *_OBJECTS,
    _page("/", "since=month&count=all"),
    _page("/search", f"q=ref:{id_of(1)}"),
    _page("/search", "q=-type:tool"),
    _page("/techniques", "q="),
    _page("/techniques", "q=type:report&show=all"),
    _page("/files", "of=collection:shared"),
    _page("/lookup", f"v={PASTED}"),
    _sent("/lookup", values=PASTED),
    _sent("/searches", name="another", query="type:report"),
    _sent("/submit", draft="", form="indicator", value="192.0.2.7"),
    _page(f"/submit/{DRAFT}"),
    _page(f"/submit/{DRAFT}/columns"),
    _page(f"/submit/{DRAFT}/delete"),
    _sent(f"/submit/{DRAFT}", action="publish", collection="1", tlp="green", keep="0"),
    _sent(f"/submit/{DRAFT}/columns", action="read"),
    *(_page(f"/receipts/{status}") for status in (STATUS, status_id(0))),
    *(_page(path) for path in ("/warning-list", "/feeds", "/deliveries")),
    *(_page(f"/admin{path}") for path in _ADMIN),
    *(Ask("GET", path) for path in ("/health/live", "/health/ready")),
    # What changes records, and answers by what there is.
    _sent(f"/submit/{DRAFT}/delete"),
    Ask("POST", f"{_SHARED}/objects/", raws=(b'{"type":"tool"}',)),
    Ask("DELETE", _ONE),
)

APART: Mapping[str, str] = MappingProxyType(
    {
        "* session.*": "says who is logged in; reads no record",
        "* web.log*": "before anybody is known",
        "* web.code": "before anybody is known",
        "GET web.static": "files of the program",
        "GET web.style": "samples of the program",
        "GET web.help": "texts of the program",
        "POST web.preferences": "a choice that the browser keeps",
        "* web.account_*": "the account itself, its sessions and digests",
        "* api_circles.*_put": "changes circles; what they see is compared",
        "POST api_circles.*_join": "changes circles",
        "DELETE api_circles.*_leave": "changes circles",
        "POST web.warnings": "changes a list of values that its organisation brings",
        "POST web.admin_*": "changes parties",
        "GET web.admin_*_*": "asks before parties are changed, or begins new ones",
        "GET web.admin_invite": "begins new parties",
        "GET web.admin_rebuild": "asks before the index is made anew",
        "GET web.admin_audit": "tells administrators and officers of each publish, by who did it",
        "GET web.admin_health": "tells administrators how much room is left",
        "GET web.admin_search": "tells administrators how many changes there were",
        "GET web.admin_why": "tells officers of each record, without its content",
        "GET api_rights.why": "tells officers of each record, without its content",
        "GET observe.metrics": "for networks of the operator",
        "* web.feed": "tests/web/test_flows.py: numbers for all who look after feeds, no objects",
        "* web.delivery": "tests/deliveries/test_health.py: what was sent, in numbers",
    }
)
"""Method and endpoint, either with a `*`: why answers are not compared"""
