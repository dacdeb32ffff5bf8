"""Communities, of administrators, and sharing groups, of the organisations that own them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Circle, Directory, Group, Role, Subject
from hub.service.circles import Circles
from hub.web.address import link
from hub.web.admin.deeds import Deed, ask
from hub.web.admin.forms import Form, mark, org_choices, unchanged
from hub.web.admin.lists import listed
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

Kind = Literal["community", "group"]
_ONLY = frozenset({Role.ADMINISTRATOR})
_MOST_TERMS = 10_000


def pages() -> list[Page]:
    """`/admin/communities` and `/admin/groups`, and below."""
    both = ("GET", "POST")
    found: list[Page] = []
    for circles in (_Pages("community", "communities"), _Pages("group", "groups")):
        # Groups are changed by those who own them: the service decides.
        roles = _ONLY if circles.kind == "community" else frozenset[Role]()
        found += [
            Page(f"admin_{circles.plural}", circles.listing, ("GET",), roles, "admin"),
            Page(f"admin_{circles.kind}_new", circles.new, both, roles, "admin"),
            Page(f"admin_{circles.kind}", circles.one, both, roles, "admin"),
            Page(f"admin_{circles.kind}_join", circles.join, ("POST",), roles, "admin"),
            Page(f"admin_{circles.kind}_leave", circles.leave, both, roles, "admin"),
        ]
    return found


class _Pages(NamedTuple):
    """The pages of one kind of circles."""

    kind: Kind
    plural: str

    def listing(self, visit: Visit) -> Answer:
        own = (c for s, c in visit.directory.circles().items() if self._shown(visit, s, c))
        circles = listed(visit, own, lambda c: c.name, lambda c: f"{c.title} {c.terms}")
        return visit.render(
            "admin/circles.html", circles=circles, may_add=self._may_add(visit), **self._words()
        )

    def new(self, visit: Visit) -> Answer:
        self._require_may_add(visit)
        choices = self._choices(visit)
        if visit.request.method != "POST":
            given = {"owner": visit.caller.org}
            return visit.render("admin/circle_new.html", given=given, errors={}, **choices)
        form = Form(visit)
        name = form.field("name", most=63, required=True)
        if visit.directory.circles().get((self.kind, name)):
            form.fail("name", visit.text("There is one of this name already."))
        if self._put(form, name):
            visit.say(visit.text("%(name)s is stored.", name=name))
            return visit.go(f"admin_{self.kind}", name=name)
        return form.again("admin/circle_new.html", **choices)

    def one(self, visit: Visit, name: str) -> Answer:
        known = self._found(visit, name)
        if visit.request.method != "POST":
            given = {"title": known.title, "terms": known.terms, "since": "now"}
            return self._show(visit, known, given, {})
        form = Form(visit)
        if self._put(form, name):
            visit.say(visit.text("%(name)s is stored.", name=name))
            return visit.go(f"admin_{self.kind}", name=name)
        return self._again(form, known)

    def join(self, visit: Visit, name: str) -> Answer:
        known = self._found(visit, name)
        form = Form(visit)
        member, since_us = form.field("member", required=True), form.since()
        if not form.errors:
            try:
                circles = Circles(visit.console.store, visit.caller)
                circles.add_members((self.kind, name), [member], since_us=since_us)
            except HubError as error:
                form.refuse(error, organisation="member", community="member")
        if form.errors:
            return self._again(form, known)
        visit.say(visit.text("%(member)s belongs to %(name)s now.", member=member, name=name))
        return visit.go(f"admin_{self.kind}", name=name)

    def leave(self, visit: Visit, name: str) -> Answer:
        known = self._found(visit, name)
        member, text = visit.args.get("member", ""), visit.text
        if member not in {":".join(item.subject) for item in known.members}:
            visit.say(
                text("%(member)s is no member of %(name)s.", member=member, name=name), "warn"
            )
            return visit.go(f"admin_{self.kind}", name=name)
        grants = sum(g.subject == (self.kind, name) for g in visit.directory.grants)
        deed = Deed(
            text("Put %(member)s out of %(name)s?", member=member, name=name),
            [
                text("It sees nothing any more that it saw through this circle, at once."),
                visit.plural(
                    "%(num)s right in collections depends on it.",
                    "%(num)s rights in collections depend on it.",
                    grants,
                ),
                text("What it has copied already is not taken back."),
            ],
            text("Put it out"),
            link(f"admin_{self.kind}", name=name),
            text("%(member)s does not belong to %(name)s any more.", member=member, name=name),
        )
        circles = Circles(visit.console.store, visit.caller)
        return ask(visit, deed, lambda: circles.remove_members((self.kind, name), [member]))

    def _put(self, form: Form, name: str) -> bool:
        """Add or change it; whether that was done."""
        visit = form.visit
        title, terms = form.field("title", required=True), form.field("terms", most=_MOST_TERMS)
        if form.errors:
            return False
        guard = unchanged(visit, lambda directory: directory.circles().get((self.kind, name)))
        circles = Circles(visit.console.store, visit.caller, guard)
        try:
            if self.kind == "community":
                circles.put_community(name, title, terms)
            else:
                known = visit.directory.groups.get(name)
                owner = known.owner if known else form.field("owner")
                circles.put_group(name, title, owner, terms)
        except HubError as error:
            form.refuse(error, organisation="owner", community="name", group="name")
        return not form.errors

    def _show(self, visit: Visit, known: Circle, given: Any, errors: dict[str, str]) -> str:
        return visit.render(
            "admin/circle.html",
            known=known,
            given=given,
            errors=errors,
            decides=self._decides(visit, known),
            grants=_grants(visit.directory, (self.kind, known.name)),
            members=sorted(known.members, key=lambda member: member.subject),
            **self._choices(visit, known),
        )

    def _again(self, form: Form, known: Circle) -> Answer:
        """The page once more; what the other form on it shows is as it was."""
        given = {"title": known.title, "terms": known.terms, "since": "now"}
        return self._show(
            form.visit, known, given | form.visit.form.to_dict(), form.errors
        ), form.status

    def _found(self, visit: Visit, name: str) -> Circle:
        """The circle, if the account may know of it.

        Raises:
            HubError: ABSENT.
        """
        subject: Subject = (self.kind, name)
        known = visit.directory.circles().get(subject)
        if known is None or not self._shown(visit, subject, known):
            raise HubError(Fault.ABSENT, f"there is no {self.kind} {name}")
        return known

    def _shown(self, visit: Visit, subject: Subject, known: Circle) -> bool:
        if subject[0] != self.kind:
            return False
        return self._decides(visit, known) or subject in visit.scope.subjects

    def _decides(self, visit: Visit, known: Circle) -> bool:
        if isinstance(known, Group):
            return policy.decides(visit.caller, known.owner)
        return policy.is_administrator(visit.caller)

    def _may_add(self, visit: Visit) -> bool:
        """Whether it may make one for its own organisation."""
        return self._decides(visit, Group("", "", visit.caller.org)) or policy.is_administrator(
            visit.caller
        )

    def _require_may_add(self, visit: Visit) -> None:
        if not self._may_add(visit):
            raise HubError(
                Fault.DENIED,
                "this account may make no sharing groups",
                remedy="Ask a publisher of your organisation, or an administrator of the hub.",
            )

    def _words(self) -> dict[str, Any]:
        return {"kind": self.kind, "plural": self.plural}

    def _choices(self, visit: Visit, known: Circle | None = None) -> dict[str, Any]:
        knows = _known_orgs(visit)
        members = [(f"org:{slug}", text) for slug, text in org_choices(visit) if slug in knows]
        if self.kind == "community":
            members += [
                (f"community:{name}", f"{other.title} ({name})")
                for name, other in sorted(visit.directory.communities.items())
                if known is None or name != known.name
            ]
        owners = [pair for pair in org_choices(visit) if _may_own(visit, pair[0])]
        return self._words() | {"seen": mark(known), "choices": members, "owners": owners}


def _known_orgs(visit: Visit) -> set[str]:
    """Organisations that the account knows of: its neighbours, and whom it publishes for."""
    directory = visit.directory
    found = set(policy.neighbours(visit.caller, directory))
    for key in visit.scope.writable:
        reading = policy.readers(directory, directory.collections[key])
        found |= {name for kind, name in reading if kind == "org"}
    return found


def _may_own(visit: Visit, slug: str) -> bool:
    return policy.is_administrator(visit.caller) or slug == visit.caller.org


def _grants(directory: Directory, subject: Subject) -> list[tuple[str, str, bool, bool]]:
    """Id and alias of collections in which a circle has rights; whether it reads and writes."""
    return [
        (found.id, found.alias, grant.read, grant.write)
        for grant in directory.grants
        if grant.subject == subject and (found := directory.collections.get(grant.collection))
    ]
