"""Why an account sees an object, or not: for officers, who are told rules and no content."""

from __future__ import annotations

from typing import NamedTuple

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Account, Caller, Collection, Directory
from hub.model.query import Label
from hub.service.changes import find
from hub.store.base import Act, Store


class Finding(NamedTuple):
    """One record of the object."""

    version: str
    added_us: int
    tlp: str
    audience: list[str]
    """Subjects; empty: whoever may read the collection"""
    sees: bool
    rule: str


def why(
    store: Store, directory: Directory, officer: Caller, question: tuple[str, Collection, str]
) -> list[Finding]:
    """What decides whether an account sees an object, for each record of it.

    Args:
        store: Where records and the audit log are.
        directory: All parties.
        officer: Who asks; the question is written to the audit log.
        question: Account, collection and object id.

    Raises:
        HubError: DENIED for anybody but an officer; ABSENT for an account or object that is not
            there.
    """
    policy.require_officer(officer)
    name, collection, object_id = question
    account = find(directory.accounts, name, "account")
    detail = f"{name} in {collection.alias}"
    store.note(Act(officer.account, officer.org, "officer.why", object_id, detail))
    found = [
        _finding(account, directory, record) for record in store.labels(collection.key, object_id)
    ]
    if not found:
        raise HubError(Fault.ABSENT, "there is no such object in this collection", field="object")
    return found


def _finding(account: Account, directory: Directory, record: tuple[Label, int, str]) -> Finding:
    label, added_us, version = record
    caller = Caller(account.name, account.org, account.roles)
    reason = policy.explain(caller, directory, label, added_us)
    audience = sorted(":".join(subject) for subject in label.audience)
    return Finding(version, added_us, label.tlp.text, audience, reason.sees, reason.rule)
