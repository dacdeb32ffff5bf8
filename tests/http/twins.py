"""One script for two worlds: the one that has what a viewer may not see, and the one that has not.

A script is a list of steps, one a second: publishes and deletes by authors, and requests by the
viewer. The first world runs all of it. The second runs it without what the viewer may not see:
without publishes, without single objects of them, without marked parts of objects. What is hidden
is said by `tests.http.cast`, not by the hub.

Left out of both worlds is what anybody would notice whatever the hub did:

- a hidden publish in the place of something visible that its organisation had published: that
  was withdrawn;
- a visible publish that meets something hidden of the same id and version which its author
  knows: the author is answered otherwise, and the viewer sees what the author then does.

And one thing that the hub does show: an account sees in the answers to its own publishes that its
organisation's object has parts it may not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hub.model.party import Subject
from hub.model.tlp import Tlp
from tests import fakes
from tests.http import cast
from tests.http.cast import CHIEFS, Form, Viewer
from tests.http.pieces import VERSIONED, Piece, id_of, version_of
from tests.http.worlds import Answer, Ask, Leak, Step, Twins, Walk, World

ALL = "match[version]=all&match[spec_version]=2.0,2.1"
"""Every version of everything."""


class Publish(NamedTuple):
    """An author publishes."""

    author: str
    alias: str
    audience: frozenset[Subject]
    """As it is named; empty: everybody who may read."""
    pieces: tuple[Piece, ...]

    def asked(self, raws: Sequence[bytes]) -> Ask | None:
        """The request; None without objects."""
        names = ", ".join(sorted(":".join(who) for who in self.audience))
        path = objects(self.alias)
        return Ask("POST", path, "", tuple(raws), names, self.author) if raws else None


class Erase(NamedTuple):
    """The author of the last hidden publish deletes it."""


class Post(NamedTuple):
    """The viewer publishes."""

    alias: str
    audience: str
    pieces: tuple[Piece, ...]


Line = Publish | Erase | Post | Ask | Walk


def objects(alias: str) -> str:
    """The address of a collection's objects."""
    return f"/{fakes.ROOT}/collections/{alias}/objects/"


def split(viewer: Viewer, script: Sequence[Line]) -> Twins:
    """The script for both worlds."""
    splitter = _Splitter(viewer)
    pairs = [splitter.pair(number, line) for number, line in enumerate(script)]
    return Twins([pair[0] for pair in pairs], [pair[1] for pair in pairs], splitter.hidden)


Expected = dict[str, list[bytes]]
"""By collection: what a viewer must receive."""


def plan(viewer: Viewer, script: Sequence[Publish]) -> tuple[list[Step | None], Expected]:
    """The steps of some publishes, and what of them the viewer may see.

    What meets an earlier object of the same version is left out: what becomes of it depends on
    more than the viewer.
    """
    steps: list[Step | None] = []
    expected: Expected = {line.alias: [] for line in script}
    met: set[tuple[str, tuple[int, int]]] = set()
    for number, line in enumerate(script):
        raws = []
        for piece in line.pieces:
            forms = forms_of(line, piece, cast.second(number))
            if (line.alias, piece.key) in met or not is_addressed(line, forms):
                continue
            met.add((line.alias, piece.key))
            raws.append(piece.raw())
            levels = [form.tlp for form in forms if cast.sees(viewer, form)]
            expected[line.alias] += [piece.raw(levels[-1])] if levels else []
        steps.append(line.asked(raws))
    return steps, expected


def receive(world: World, viewer: Viewer, script: Sequence[Publish]) -> int:
    """Check that the viewer is given what it may see of these publishes, and nothing else.

    Returns:
        How many objects that were.
    """
    steps, expected = plan(viewer, script)
    reads = [Ask("GET", objects(alias), ALL) for alias in expected]
    answers = list(world.run(viewer, [*steps, *reads]))
    for answer, wanted in zip(answers, expected.values(), strict=True):
        found = objects_of(answer)
        if sorted(found) != sorted(wanted):
            raise Leak(sorted(found), sorted(wanted))
    return sum(map(len, expected.values()))


def borrow(world: World, viewer: Viewer, script: Sequence[Publish]) -> int:
    """Check that a `next` of somebody who sees more gives the viewer nothing more.

    Returns:
        How many it tried.
    """
    steps, expected = plan(viewer, script)
    list(world.run(viewer, steps))
    count = 0
    for alias, wanted in expected.items():
        for cursor in world.cursors(CHIEFS["ministry"], objects(alias), f"{ALL}&limit=1"):
            found = objects_of(world.send(viewer, Ask("GET", objects(alias), f"next={cursor}")))
            if not set(found) <= set(wanted):
                raise Leak(cursor, found, wanted)
            count += 1
    return count


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = []


def objects_of(answer: Answer) -> list[bytes]:
    """The objects of a page, as bytes; none of an error."""
    if answer.status != 200:
        return []
    return [bytes(raw) for raw in msgspec.json.decode(answer.body, type=_Envelope).objects]


def forms_of(line: Publish, piece: Piece, at_us: int) -> tuple[Form, ...]:
    """Under which labels the piece stands, the strictest last."""
    own: Subject = ("org", line.author)
    audience = frozenset({*line.audience, own}) if line.audience else line.audience
    return tuple(
        Form(line.alias, tlp, audience, line.author, at_us) for tlp in piece.levels(line.alias)
    )


def is_addressed(line: Publish, forms: tuple[Form, ...]) -> bool:
    """Whether the audience is named, if it must be."""
    others = line.audience - {("org", line.author)}
    named = bool(others) and all(kind != "community" for kind, _ in others)
    return named or forms[-1].tlp is not Tlp.RED


class _Sent(NamedTuple):
    """A piece that was published before."""

    org: str
    place: tuple[str, tuple[int, int]]
    """Collection, id and version"""
    forms: tuple[Form, ...]
    shown: bool
    """The viewer could see something of it."""
    raw: bytes = b""

    def is_same(self, raw: bytes, forms: tuple[Form, ...]) -> bool:
        """Whether the same organisation says the same to the same readers."""
        mine, others = self.forms[-1], forms[-1]
        return raw == self.raw and (mine.tlp, mine.audience) == (others.tlp, others.audience)


class _Splitter:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._sent: list[_Sent] = []
        self._secret: tuple[str, str, Piece] | None = None
        self.hidden = 0

    def pair(self, number: int, line: Line) -> tuple[Step | None, Step | None]:
        """A step for each world."""
        match line:
            case Publish():
                return self._publish(line, cast.second(number))
            case Erase():
                return self._erase(), None
            case Post():
                step = self._post(line)
                return step, step
            case _:
                return line, line

    def _post(self, post: Post) -> Step:
        """Something that the viewer brought: it knows that."""
        places = [(post.alias, piece.key) for piece in post.pieces]
        self._sent += [_Sent(self._viewer.org, place, (), shown=True) for place in places]
        raws = tuple(piece.raw() for piece in post.pieces)
        return Ask("POST", objects(post.alias), "", raws, post.audience)

    def _erase(self) -> Step | None:
        if self._secret is None:
            return None
        (author, alias, piece), self._secret = self._secret, None
        path = f"{objects(alias)}{id_of(piece.number)}/"
        versions = f"match[version]={version_of(piece.version)}&match[spec_version]=2.0,2.1"
        return Ask("DELETE", path, versions if piece.number in VERSIONED else "", author=author)

    def _publish(self, line: Publish, at_us: int) -> tuple[Step | None, Step | None]:
        full: list[bytes] = []
        bare: list[bytes] = []
        for piece in line.pieces:
            forms = forms_of(line, piece, at_us)
            levels = [form.tlp for form in forms if cast.knows(self._viewer, form)]
            if not self._fits(line, piece, forms, levels):
                continue
            full.append(piece.raw())
            if levels:
                bare.append(piece.raw(levels[-1]))
            self._note(line, piece, forms, levels)
        return line.asked(full), line.asked(bare)

    def _note(
        self, line: Publish, piece: Piece, forms: tuple[Form, ...], levels: list[Tlp]
    ) -> None:
        place = (line.alias, piece.key)
        others = [sent for sent in self._sent if sent.place == place]
        self.hidden += len(levels) < len(forms)
        self._sent.append(_Sent(line.author, place, forms, bool(levels), piece.raw()))
        if not levels and not others:
            self._secret = (line.author, line.alias, piece)
        elif self._secret and (self._secret[1], self._secret[2].key) == place:
            self._secret = None

    def _fits(
        self, line: Publish, piece: Piece, forms: tuple[Form, ...], levels: list[Tlp]
    ) -> bool:
        """Whether the hub takes the piece, and its effect is not for everybody to see."""
        if not is_addressed(line, forms):
            return False
        met = [sent for sent in self._sent if sent.place == (line.alias, piece.key)]
        if not levels:
            return not any(sent.shown for sent in met if sent.org == line.author)
        if len(levels) < len(forms) and line.author == self._viewer.org:
            return False
        known = [
            sent
            for sent in met
            if not sent.shown and any(cast.knows(CHIEFS[line.author], f) for f in sent.forms)
        ]
        alone = all(sent.org == line.author for sent in met)
        return not known or (alone and not any(s.is_same(piece.raw(), forms) for s in known))
