"""The pages of the console: by the name of their address, where they are and who looks at them.

`test_pages.py` compares the names with what the application declares: a page that is not in this
table fails the run. What stands in braces is found on the demonstration hub.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A page as one account sees it."""

    path: str
    account: str = "analyst"
    """Empty: nobody"""
    status: int = 200


HELP = (
    "account",
    "admin",
    "collections",
    "feeds",
    "lookup",
    "object",
    "overview",
    "partners",
    "search",
    "start",
    "submit",
    "techniques",
)

PAGES: dict[str, tuple[Place, ...]] = {
    "login": (Place("/login", ""),),
    "search": (
        Place("/search"),
        Place("/search?q=type:malware&cols=name&cols=added&cols=tlp&cols=label"),
        Place("/search?q=type:indicator+ip:*"),
        Place("/search?q=type:", status=400),
        Place("/search?q=nothing+has+this"),
        Place("/search?q=type:report", "partner"),
    ),
    "overview": (
        Place("/"),
        Place("/?since=month&count=all"),
        Place("/?since=month&count=all", "partner"),
        Place("/", "admin"),
    ),
    "collections": (Place("/collections"), Place("/collections", "partner")),
    "collection": (
        Place("/collections/early-warning"),
        Place("/collections/early-warning", "partner"),
        Place("/collections/nowhere", status=404),
    ),
    "files": (
        Place("/files"),
        Place("/files?of=collection:nowhere"),
        Place("/files?of=collection:early-warning", "partner"),
    ),
    "partners": (Place("/partners"), Place("/partners", "admin")),
    "partner": (
        Place("/partners/vn-centre"),
        Place("/partners/sg-partner", "admin"),
        Place("/partners/vn-centre", "partner"),
        Place("/partners/nobody", status=404),
    ),
    "searches": (Place("/searches"),),
    "object": (
        Place("/objects/{report}"),
        Place("/objects/{indicator}"),
        Place("/objects/{malware}", "partner"),
        Place("/objects/{relationship}"),
    ),
    "object_versions": (Place("/objects/{malware}/versions"),),
    "object_graph": (Place("/objects/{campaign}/graph"),),
    "object_raw": (Place("/objects/{malware}/raw"),),
    "lookup": (
        Place("/lookup"),
        Place("/lookup?v=198.51.100.7&v=nothing[.]example&v=!!!"),
        Place("/lookup?v=198.51.100.185&v=203.0.113.254&v=T1566&v=no+value", "partner"),
        Place("/lookup?v=+", status=400),
    ),
    "submit": (Place("/submit"), Place("/submit", "partner")),
    "draft": (Place("{draft}"), Place("{table}")),
    "draft_delete": (Place("{draft}/delete"),),
    "draft_columns": (Place("{table}/columns"),),
    "receipt": (Place("{receipt}"),),
    "warnings": (Place("/warning-list"), Place("/warning-list", "coordinator")),
    "admin_warnings": (Place("/admin/warning-list", "admin"),),
    "techniques": (
        Place("/techniques"),
        Place("/techniques?as=table", "partner"),
        Place("/techniques?q=type:", status=400),
    ),
    "feed": (Place("/feeds/vendor-table", "admin"), Place("/feeds/away", "coordinator")),
    "feeds": (Place("/feeds", "admin"), Place("/feeds", "coordinator")),
    "deliveries": (Place("/deliveries", "admin"),),
    "delivery": (Place("/deliveries/siem", "admin"),),
    "account": (Place("/account"),),
    "account_password": (Place("/account/password"),),
    "account_factor": (Place("/account/second-factor"),),
    "account_session_end": (Place("{session}"),),
    "account_sessions_end": (Place("/account/log-out-everywhere"),),
    "admin": (Place("/admin", "admin"), Place("/admin", "officer")),
    "admin_orgs": (
        Place("/admin/organisations", "admin"),
        Place("/admin/organisations?q=nothing+has+this", "admin"),
    ),
    "admin_org": (Place("/admin/organisations/vn-bank", "admin"),),
    "admin_org_new": (Place("/admin/new/organisation", "admin"),),
    "admin_accounts": (Place("/admin/accounts", "admin"),),
    "admin_account": (Place("/admin/accounts/bank", "admin"),),
    "admin_account_new": (Place("/admin/new/account", "admin"),),
    "admin_account_password": (Place("/admin/accounts/bank/password", "admin"),),
    "admin_account_deed": (Place("/admin/accounts/bank/disable", "admin"),),
    "admin_tokens": (Place("/admin/tokens", "admin"),),
    "admin_token_new": (Place("/admin/new/token", "admin"),),
    "admin_token_revoke": (Place("{token}", "admin"),),
    "admin_certificates": (Place("/admin/certificates", "admin"),),
    "admin_communities": (Place("/admin/communities", "admin"),),
    "admin_community": (Place("/admin/communities/gov", "admin"),),
    "admin_community_new": (Place("/admin/new/community", "admin"),),
    "admin_community_leave": (Place("/admin/communities/gov/leave?member=org:vn-bank", "admin"),),
    "admin_groups": (Place("/admin/groups", "admin"),),
    "admin_group": (Place("/admin/groups/case-2026-11", "admin"),),
    "admin_group_new": (Place("/admin/new/group", "admin"),),
    "admin_group_leave": (
        Place("/admin/groups/case-2026-11/leave?member=org:sg-partner", "admin"),
    ),
    "admin_collections": (Place("/admin/collections", "admin"),),
    "admin_collection": (Place("/admin/collections/{national}", "admin"),),
    "admin_collection_new": (Place("/admin/new/collection", "admin"),),
    "admin_grant_revoke": (
        Place("/admin/collections/{national}/revoke?subject=community:gov", "admin"),
    ),
    "admin_invite": (Place("/admin/new/invitation", "admin"),),
    "admin_audit": (
        Place("/admin/audit", "admin"),
        Place("/admin/audit", "officer"),
        Place("/admin/audit?action=token&from=soon", "admin", status=400),
    ),
    "admin_why": (
        Place("/admin/why", "officer"),
        Place("/admin/why?account=partner&collection=national&object={malware}", "officer"),
    ),
    "admin_settings": (Place("/admin/settings", "admin"),),
    "admin_search": (Place("/admin/search", "admin"),),
    "admin_health": (Place("/admin/health", "admin"),),
    "help": tuple(Place(f"/help/{name}") for name in HELP),
    "style": (Place("/style"),),
}

NO_PAGES = {
    "static": "files, of which pages are made",
    "admin_audit_csv": "a file",
    "account_digest": "for those whom a digest by mail is for: tests/web/test_digests.py",
    "code": "a step of the log-in, for those with a second factor: test_log_in.py",
    "account_factor_remove": "for those with a second factor: test_log_in.py",
    "admin_certificate_revoke": "as of a token; the demonstration has no certificate",
    "admin_rebuild": "for hubs with Elasticsearch: tests/http",
}
"""Other addresses that answer GET, and why they are none."""

TYPES = ("campaign", "indicator", "malware", "relationship", "report")
"""Of each, an object that everybody sees stands in braces."""


def all_places() -> list[Place]:
    """Every page in the order of the table."""
    return [place for places in PAGES.values() for place in places]


def accounts() -> list[str]:
    """Who looks at any of them."""
    return list(dict.fromkeys(place.account for place in all_places()))
