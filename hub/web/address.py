"""The addresses of the console: one table, and the links that are made from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "overview": "/",
        "search": "/search",
        "searches": "/searches",
        "object": "/objects/<object_id>",
        "object_versions": "/objects/<object_id>/versions",
        "object_graph": "/objects/<object_id>/graph",
        "object_raw": "/objects/<object_id>/raw",
        "lookup": "/lookup",
        "submit": "/submit",
        "draft": "/submit/<draft_id>",
        "draft_delete": "/submit/<draft_id>/delete",
        "draft_columns": "/submit/<draft_id>/columns",
        "receipt": "/receipts/<status_id>",
        "warnings": "/warning-list",
        "techniques": "/techniques",
        "collections": "/collections",
        "collection": "/collections/<alias>",
        "files": "/files",
        "partners": "/partners",
        "partner": "/partners/<slug>",
        "feeds": "/feeds",
        "feed": "/feeds/<name>",
        "deliveries": "/deliveries",
        "delivery": "/deliveries/<name>",
        "admin": "/admin",
        "admin_orgs": "/admin/organisations",
        "admin_org": "/admin/organisations/<slug>",
        "admin_org_new": "/admin/new/organisation",
        "admin_accounts": "/admin/accounts",
        "admin_account": "/admin/accounts/<name>",
        "admin_account_new": "/admin/new/account",
        "admin_account_password": "/admin/accounts/<name>/password",
        "admin_account_deed": "/admin/accounts/<name>/<deed>",
        "admin_tokens": "/admin/tokens",
        "admin_token_new": "/admin/new/token",
        "admin_token_revoke": "/admin/tokens/<token_id>/revoke",
        "admin_certificates": "/admin/certificates",
        "admin_certificate_revoke": "/admin/certificates/<certificate_id>/revoke",
        "admin_communities": "/admin/communities",
        "admin_community": "/admin/communities/<name>",
        "admin_community_new": "/admin/new/community",
        "admin_community_join": "/admin/communities/<name>/join",
        "admin_community_leave": "/admin/communities/<name>/leave",
        "admin_groups": "/admin/groups",
        "admin_group": "/admin/groups/<name>",
        "admin_group_new": "/admin/new/group",
        "admin_group_join": "/admin/groups/<name>/join",
        "admin_group_leave": "/admin/groups/<name>/leave",
        "admin_collections": "/admin/collections",
        "admin_collection": "/admin/collections/<collection_id>",
        "admin_collection_new": "/admin/new/collection",
        "admin_grant": "/admin/collections/<collection_id>/grant",
        "admin_grant_revoke": "/admin/collections/<collection_id>/revoke",
        "admin_invite": "/admin/new/invitation",
        "admin_warnings": "/admin/warning-list",
        "admin_audit": "/admin/audit",
        "admin_audit_csv": "/admin/audit.csv",
        "admin_why": "/admin/why",
        "admin_settings": "/admin/settings",
        "admin_search": "/admin/search",
        "admin_rebuild": "/admin/search/rebuild",
        "admin_health": "/admin/health",
        "account": "/account",
        "account_password": "/account/password",
        "account_factor": "/account/second-factor",
        "account_factor_remove": "/account/second-factor/remove",
        "account_digest": "/account/digests/<name>",
        "account_session_end": "/account/sessions/<session_id>/end",
        "account_sessions_end": "/account/log-out-everywhere",
        "login": "/login",
        "code": "/login/code",
        "logout": "/logout",
        "preferences": "/preferences",
        "help": "/help/<page>",
        "style": "/style",
        "static": "/static/<name>",
    }
)
"""By name, in the order of the documentation"""

_SAFE = ":/,@*"
"""Readable in the address bar: what needs no escape in a query is not escaped."""

_PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


def link(name: str, /, **given: Any) -> str:
    """The address of a page: what its rule names goes into the path, the rest into the query.

    Args:
        name: One of `ADDRESSES`.
        given: Values; those that are None or empty are left out of the query, lists are repeated.
    """
    rule = ADDRESSES[name]
    names = set(_PART.findall(rule))
    path = _PART.sub(lambda part: quote(str(given[part[1]]), safe=""), rule)
    return path + query({key: value for key, value in given.items() if key not in names})


def quoted(text: str) -> str:
    """A value of a query parameter, as `query` writes it."""
    return quote_plus(text, safe=_SAFE)


def query(given: Mapping[str, Any]) -> str:
    """A query string with its question mark; empty when there is nothing to say."""
    said = {key: value for key, value in given.items() if value not in (None, "", [], ())}
    return f"?{urlencode(said, doseq=True, safe=_SAFE)}" if said else ""


def changed(path: str, args: Mapping[str, list[str]], changes: Mapping[str, Any]) -> str:
    """An address with some of its query parameters set, or with None taken away."""
    return path + query({**args, **changes})
