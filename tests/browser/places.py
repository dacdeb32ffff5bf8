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


HELP = ("account", "admin", "search", "start", "techniques")

PAGES: dict[str, tuple[Place, ...]] = {
    "login": (Place("/login", ""),),
    "search": (
        Place("/search"),
        Place("/search?q=type:malware&cols=name&cols=added&cols=tlp&cols=label"),
        Place("/search?q=type:", status=400),
        Place("/search?q=nothing+has+this"),
        Place("/search?q=type:report", "partner"),
    ),
    "searches": (Place("/searches"),),
    "techniques": (
        Place("/techniques"),
        Place("/techniques?as=table", "partner"),
        Place("/techniques?q=type:", status=400),
    ),
    "admin": (Place("/admin", "admin"),),
    "admin_orgs": (
        Place("/admin/organisations", "admin"),
        Place("/admin/organisations?q=nothing+has+this", "admin"),
    ),
    "admin_org": (Place("/admin/organisations/{org}", "admin"),),
    "admin_org_new": (Place("/admin/new/organisation", "admin"),),
    "admin_accounts": (Place("/admin/accounts", "admin"),),
    "admin_account": (Place("/admin/accounts/analyst", "admin"),),
    "admin_account_new": (Place("/admin/new/account", "admin"),),
    "admin_account_password": (Place("/admin/accounts/analyst/password", "admin"),),
    "admin_account_deed": (Place("/admin/accounts/analyst/disable", "admin"),),
    "admin_tokens": (Place("/admin/tokens", "admin"),),
    "admin_token_new": (Place("/admin/new/token", "admin"),),
    "admin_token_revoke": (Place("/admin/tokens/{token}/revoke", "admin"),),
    "admin_certificates": (Place("/admin/certificates", "admin"),),
    "admin_communities": (Place("/admin/communities", "admin"),),
    "admin_community": (Place("/admin/communities/{community}", "admin"),),
    "admin_community_new": (Place("/admin/new/community", "admin"),),
    "admin_community_leave": (
        Place("/admin/communities/{community}/leave?member={member}", "admin"),
    ),
    "admin_groups": (Place("/admin/groups", "admin"),),
    "admin_group": (Place("/admin/groups/{group}", "admin"),),
    "admin_group_new": (Place("/admin/new/group", "admin"),),
    "admin_collections": (Place("/admin/collections", "admin"),),
    "admin_collection": (Place("/admin/collections/{collection}", "admin"),),
    "admin_collection_new": (Place("/admin/new/collection", "admin"),),
    "admin_invite": (Place("/admin/new/invitation", "admin"),),
    "admin_audit": (
        Place("/admin/audit", "admin"),
        Place("/admin/audit?action=token&from=soon", "admin", status=400),
    ),
    "admin_settings": (Place("/admin/settings", "admin"),),
    "admin_search": (Place("/admin/search", "admin"),),
    "admin_health": (Place("/admin/health", "admin"),),
    "account": (Place("/account"),),
    "account_password": (Place("/account/password"),),
    "account_factor": (Place("/account/second-factor"),),
    "account_sessions_end": (Place("/account/log-out-everywhere"),),
    "admin_why": (
        Place("/admin/why", "officer"),
        Place("/admin/why?account=analyst&collection={alias}&object={report}", "officer"),
        Place("/admin/why?account=nobody&collection={alias}&object=x", "officer", 400),
    ),
    "help": tuple(Place(f"/help/{name}") for name in HELP),
    "style": (Place("/style"),),
}

NO_PAGES = {
    "static": "files, of which pages are made",
    "code": "a step of the log-in: test_log_in.py",
    "account_factor_remove": "for who has a second factor: test_administration.py",
    "account_session_end": "for who has another session: test_administration.py",
    "admin_audit_csv": "a file",
    "admin_certificate_revoke": "as that of a token, for a hub with certificates",
    "admin_grant_revoke": "as that of a token, for one right",
    "admin_group_leave": "as that of a community",
    "admin_rebuild": "for a hub with Elasticsearch",
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
