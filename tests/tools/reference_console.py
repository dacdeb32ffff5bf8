"""The page on the console: its addresses, as the application declares them."""

from __future__ import annotations

from tests.tools.markdown import filled, table
from tests.tools.reference_http import CONSOLE, rules
from tests.tools.reference_json import shown

PAGES: dict[str, str] = {
    "login": "The first step of a log-in; `next` is where it leads to",
    "code": "The second step, for accounts with a second factor",
    "logout": "Ends the session",
    "preferences": "Language and colours, kept in the browser",
    "help": "Help for a page",
    "style": "The parts that pages are made of",
    "static": "Style sheet, script and sign; no log-in",
    "overview": "What is new, from whom, and how fast it was shared",
    "search": "Search; `q` is a query of the [query language](query.md)",
    "searches": "Saved searches",
    "object": "One object: summary, marking, versions, relations, places",
    "object_versions": "What two versions differ in, field by field",
    "object_graph": "What an object is related to, drawn and as a table",
    "object_raw": "The bytes of an object as they came",
    "lookup": "Many values at once: known, unknown, not understood",
    "submit": "Begin to share: paste, drop a file, or fill in a form",
    "draft": "A draft: values, warnings, marking, audience, who will receive it",
    "draft_delete": "Ask whether a draft shall be deleted",
    "draft_columns": "How the columns of a submitted table are read, with a preview",
    "receipt": "What became of each object of a publish",
    "warnings": "Warning list of the account's organisation",
    "techniques": "ATT&CK matrix of what a query finds",
    "collections": "What the account may read and publish, and why",
    "collection": "One collection: counts, rights, how to connect",
    "files": "Addresses of files for devices, made of a collection or a saved search",
    "partners": "Who shares and who pulls",
    "partner": "One organisation: what it shared, and how it pulls",
    "feeds": "Feeds: what comes in by itself, and how that goes",
    "feed": "One feed: its runs, why things were not published; runs or pauses it",
    "deliveries": "Deliveries: what is sent by itself",
    "delivery": "One delivery: its runs, and what the other side did not take",
    "admin": "Administration: where it begins",
    "admin_orgs": "Organisations",
    "admin_org": "One organisation, to change it",
    "admin_org_new": "Adds an organisation",
    "admin_accounts": "Accounts",
    "admin_account": "One account: roles, clearance, tokens, certificates, sessions",
    "admin_account_new": "Adds an account",
    "admin_account_password": "Gives an account another password",
    "admin_account_deed": "Asks, then does it: `disable`, `enable`, `reset-factor`, "
    "`end-sessions`, `require`, `require-not`",
    "admin_tokens": "Tokens",
    "admin_token_new": "Issues a token; its secret is shown once",
    "admin_token_revoke": "Asks, then revokes a token",
    "admin_certificates": "Client certificates",
    "admin_certificate_revoke": "Asks, then revokes a client certificate",
    "admin_communities": "Communities",
    "admin_community": "One community: members, title, terms",
    "admin_community_new": "Adds a community",
    "admin_community_join": "Lets a member in",
    "admin_community_leave": "Asks, then puts the member `member` out",
    "admin_groups": "Sharing groups that the account may know of",
    "admin_group": "One sharing group: members, title, terms",
    "admin_group_new": "Adds a sharing group",
    "admin_group_join": "Lets a member in",
    "admin_group_leave": "Asks, then puts the member `member` out",
    "admin_warnings": "Warning list of the hub",
    "admin_collections": "Collections",
    "admin_collection": "One collection and the rights in it",
    "admin_collection_new": "Adds a collection",
    "admin_grant": "Gives rights in a collection",
    "admin_grant_revoke": "Asks, then takes the rights of `subject` away",
    "admin_invite": "Invites a partner; the file to hand over is shown once",
    "admin_audit": "The audit log, filtered by `account`, `action`, `target`, `from`, `until`",
    "admin_audit_csv": "The same as a CSV file, whole",
    "admin_why": "Why an account sees an object, for officers",
    "admin_settings": "Settings in effect",
    "admin_search": "State of the search engine, progress of a new index",
    "admin_rebuild": "Asks, then begins a new index in Elasticsearch",
    "admin_health": "Condition of store, disk and parties",
    "account": "One's own account: rights, sessions, tokens",
    "account_password": "Changes one's own password",
    "account_factor": "Sets up a second factor",
    "account_factor_remove": "Removes the second factor, with a code of it",
    "account_digest": "Asks, then switches one of one's own digests by mail on or off",
    "account_session_end": "Asks, then ends one of one's own sessions",
    "account_sessions_end": "Asks, then ends all of one's own sessions",
}
"""By endpoint; a page without an entry fails the test of the documents."""


def page() -> str:
    """Addresses and what they show."""
    rows = []
    for rule in rules():
        if rule.endpoint.startswith(CONSOLE):
            name = rule.endpoint.removeprefix(CONSOLE)
            methods = ", ".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
            rows.append((f"`{shown(rule)}`", methods, PAGES[name]))
    return filled(
        "console.md", addresses=table(("address", "methods", "what it shows"), sorted(rows))
    )
