"""Demonstration objects: invented attacks of nine months, the same for the same time and parties.

- Values are set aside for documentation, and digests are those of words.
- A collection holds whatever its objects refer to: it is read on its own.
- They come in the order in which they are published, each with its date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from hub.stix.sample import cast, shared
from hub.stix.sample.attack import TECHNIQUES
from hub.stix.sample.pen import Obj
from hub.stix.sample.plot import Leaf, Setting
from hub.stix.sample.plots_abroad import ABROAD
from hub.stix.sample.plots_home import HOME
from hub.stix.sample.story import Story
from hub.stix.sample.values import Purse

DAYS = 270
"""None is older, before the last one."""


class Sample(NamedTuple):
    """One object, and who publishes it where and when."""

    at: datetime
    alias: str
    """Of the collection"""
    org: str
    """Slug of the organisation that publishes it"""
    audience: tuple[str, ...]
    """Subjects, such as `group:case-12`; empty: whoever reads the collection"""
    raw: bytes


def samples(setting: Setting) -> Iterator[Sample]:
    """All demonstration objects, in the order of their publishing, each after what it names."""
    purses: dict[str, Purse] = {}
    stories = [Story(plot, setting, purses) for plot in (*HOME, *ABROAD)]
    known = {obj["id"]: obj for obj in cast.everything(setting.orgs.values())}
    known |= {obj["id"]: obj for story in stories for obj in story.base()}
    leaves = [leaf for story in stories for leaf in story.leaves()]
    leaves += shared.leaves(setting)
    leaves += [_described(number, setting) for number in TECHNIQUES]
    library = _Library(known, set())
    for leaf in sorted(leaves, key=lambda leaf: leaf.at):
        for obj in library.whole(leaf.alias, leaf.obj):
            yield Sample(leaf.at, leaf.alias, leaf.org, leaf.audience, msgspec.json.encode(obj))


def _described(number: str, setting: Setting) -> Leaf:
    """Everybody may know what a technique is."""
    at = setting.until - timedelta(days=DAYS)
    return Leaf(at, "public-advisories", "vn-centre", (), cast.technique(number))


class _Library(NamedTuple):
    """What the collections hold so far."""

    known: Mapping[str, Obj]
    """What may be referred to, by id"""
    held: set[tuple[str, str, str]]
    """Alias of the collection, id and version"""

    def whole(self, alias: str, obj: Obj) -> Iterator[Obj]:
        """The object after what it refers to, of which the collection gets each version once."""
        version = (alias, obj["id"], obj.get("modified", ""))
        if version in self.held:
            return
        self.held.add(version)
        for ref in references(obj):
            if ref in self.known:
                yield from self.whole(alias, self.known[ref])
        yield obj


def references(obj: Obj) -> list[str]:
    """The ids that an object names at its top."""
    found = [value for name, value in obj.items() if name.endswith(("_ref", "_refs"))]
    return [ref for value in found for ref in ([value] if isinstance(value, str) else value)]
