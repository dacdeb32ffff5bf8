"""Communities and sharing groups: who belongs, since when, and who decides about it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.model.party import (
    Circle,
    Community,
    Directory,
    Group,
    Member,
    Subject,
    subject_of,
)
from hub.service.changes import Changer, Plan, bad, check_slug, find


class Circles(Changer):
    """Changes of communities by administrators, and of groups by those who own them."""

    def put_community(self, name: str, title: str, terms: str = "") -> None:
        """Add a community without members, or change title and terms of one."""
        check_slug("community", name)
        policy.require_administrator(self.caller)

        def plan(directory: Directory) -> Plan:
            known = directory.communities.get(name, Community(name, title))
            made = msgspec.structs.replace(known, title=title, terms=terms)
            return Plan([made], [], "community.put", name, title)

        self.change(plan)

    def put_group(self, name: str, title: str, owner: str, terms: str = "") -> None:
        """Add a sharing group without members, or change title and terms of one.

        Raises:
            HubError: DENIED when the caller may not decide about it; a group of others and one
                that is not there look the same to those who are not in it.
        """
        check_slug("group", name)

        def plan(directory: Directory) -> Plan:
            known = directory.groups.get(name, Group(name, title, owner))
            if not policy.decides(self.caller, known.owner) or known.owner != owner:
                raise HubError(
                    Fault.DENIED,
                    f"group {name} cannot be made or changed for {owner} by this account",
                    remedy="Choose another name, or ask its owner.",
                )
            find(directory.orgs, owner, "organisation")
            made = msgspec.structs.replace(known, title=title, terms=terms)
            return Plan([made], [], "group.put", name, f"{owner}: {title}")

        self.change(plan)

    def add_members(
        self, circle: Subject, members: Iterable[str], *, since_us: int | None = None
    ) -> None:
        """Let organisations or circles in.

        Args:
            circle: Which community or group.
            members: Subjects such as `org:grid`; those who are in already get the new date.
            since_us: They see what was added from then on; 0: everything; None: from now on.

        Raises:
            HubError: ABSENT, DENIED, or BAD_REQUEST for a circle that would hold itself.
        """
        since = self._registry.now() if since_us is None else since_us
        added = {_member(text): Member(_member(text), since) for text in members}
        if not added:
            raise bad("members", "nobody is named", "Name organisations.")

        def plan(directory: Directory) -> Plan:
            known = self._owned(directory, circle)
            for subject in added:
                _require_fitting(directory, circle, subject)
                if subject == circle or circle in _inside(directory, subject):
                    raise bad("member", f"{':'.join(subject)} holds {':'.join(circle)} itself")
            kept = {member.subject: member for member in known.members}
            dated = f"{_names(added)} since {format_us(since) if since else 'all'}"
            return _with_members(known, circle, (kept | added).values(), "join", dated)

        self.change(plan)

    def remove_members(self, circle: Subject, members: Iterable[str]) -> None:
        """Put members out: they see nothing that they saw through the circle any more.

        Raises:
            HubError: ABSENT, DENIED; also ABSENT, and nobody is put out, when one of them is not in.
        """
        gone = {_member(text) for text in members}

        def plan(directory: Directory) -> Plan:
            known = self._owned(directory, circle)
            if others := gone - {member.subject for member in known.members}:
                raise HubError(
                    Fault.ABSENT,
                    f"{_names(others)} is no member of {':'.join(circle)}; nobody was put out",
                    field="member",
                )
            kept = [member for member in known.members if member.subject not in gone]
            return _with_members(known, circle, kept, "leave", _names(gone))

        self.change(plan)

    def _owned(self, directory: Directory, circle: Subject) -> Circle:
        """The circle, if the caller decides about it.

        Raises:
            HubError: ABSENT, also for a group of others that the caller is not in.
        """
        kind, name = circle
        if kind != "group":
            policy.require_administrator(self.caller)
            return find(directory.communities, name, "community")
        group = directory.groups.get(name)
        if group is not None and policy.decides(self.caller, group.owner):
            return group
        if group is not None and circle in policy.belongs(self.caller.org, directory):
            raise HubError(Fault.DENIED, f"group {name} belongs to another organisation")
        raise HubError(Fault.ABSENT, f"there is no group {name}", field="group")


def _member(text: str) -> Subject:
    try:
        return subject_of(text if ":" in text else f"org:{text}")
    except ValueError as error:
        reason = f"{text[:80]!r} is not of the form org:NAME, community:NAME or group:NAME"
        raise bad("member", reason) from error


def _require_fitting(directory: Directory, circle: Subject, subject: Subject) -> None:
    """A group has named organisations; a community may hold other communities."""
    kind, name = subject
    if kind == "org":
        find(directory.orgs, name, "organisation")
    elif kind == "community" == circle[0]:
        find(directory.communities, name, "community")
    else:
        raise bad("member", f"a {kind} cannot be in a {circle[0]}", "Name organisations.")


def _inside(directory: Directory, subject: Subject) -> set[Subject]:
    """The circles that a subject holds, at any depth."""
    circles = directory.circles()
    found: set[Subject] = set()
    heap = [subject]
    while heap:
        circle = circles.get(heap.pop())
        for member in circle.members if circle else ():
            if member.subject not in found:
                found.add(member.subject)
                heap.append(member.subject)
    return found


def _with_members(
    known: Circle,
    circle: Subject,
    members: Iterable[Member],
    verb: str,
    detail: str,
) -> Plan:
    made = msgspec.structs.replace(known, members=tuple(sorted(members, key=_name)))
    return Plan([made], [], f"{circle[0]}.{verb}", circle[1], detail)


def _names(subjects: Iterable[Subject]) -> str:
    return " ".join(sorted(":".join(subject) for subject in subjects))


def _name(member: Member) -> Subject:
    return member.subject
