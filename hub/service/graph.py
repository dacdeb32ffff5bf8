"""What of an object's neighbourhood is drawn, and where: no physics, the same every time.

* The object stands in the middle; what refers to it on the left, what it refers to on the right.
  An object that was opened has its own neighbours in the next column outwards.
* At most `MOST` nodes. Of each type on a side a few are drawn, the newest; the rest is folded
  into one node that says how many they are.
* Every node has a row of its own in its column, so nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hub.service.around import Around, Near
from hub.service.related import Link

MOST = 40
"""Nodes of one picture"""

MOST_OPEN = 4
"""Objects that are opened at once, beside the one in the middle"""

_WIDEST = 5
"""Nodes of one type on one side that are drawn at first"""

_SUMMED = frozenset({"opinion", "sighting"})
"""Types that are counted beside the picture"""

_ROOM_FOR_OPENED = 14
"""Nodes that the first branch leaves to those that are opened"""

BOX_WIDTH, BOX_HEIGHT = 200, 40
_GAP, _PITCH, _MARGIN = 132, 50, 8
_STEP = BOX_WIDTH + _GAP
"""Lengths in the units of the view box, which are pixels on a wide screen"""


class Edge(NamedTuple):
    """A line between two nodes."""

    inner: str
    """Key of the node that is nearer to the middle"""
    outer: str
    relations: tuple[tuple[str, bool], ...]
    """Each with whether its arrow points away from the middle; those come first."""
    outward: bool
    """One of them points away from the middle."""
    inward: bool


class Spot(NamedTuple):
    """A node and its place: the upper left corner of a box of `BOX_WIDTH` by `BOX_HEIGHT`."""

    key: str
    """Id of the object; of a folded node the id of its neighbour and a type"""
    near: Near | None
    """None: a folded node, or the object in the middle"""
    type: str
    folded: int
    """How many objects the node stands for; 0: it is one object"""
    around: str
    """Id of the object whose neighbour it is; empty: it is the one in the middle"""
    x: int
    y: int


class Line(NamedTuple):
    """An edge and its course."""

    edge: Edge
    path: str
    """The `d` of an SVG path, from the node that is nearer to the middle to the other"""
    label_x: int
    label_y: int
    leftward: bool
    """The outer node is on the left."""


class Picture(NamedTuple):
    """A neighbourhood, drawn."""

    width: int
    height: int
    spots: list[Spot]
    lines: list[Line]
    opened: list[str]
    """Ids of the objects that are opened, as far as they are in the picture"""


class _Leaf(NamedTuple):
    """A node before it has a place."""

    key: str
    near: Near | None
    type: str
    folded: int
    edge: Edge


_Tree = dict[str, list[_Leaf]]
"""Nodes of one side by the key of the node that they stand beside"""


def draw(own: str, kind: str, arounds: Mapping[str, Around]) -> Picture:
    """The picture of a neighbourhood.

    Args:
        own: Id of the object in the middle.
        kind: Its type.
        arounds: Its surroundings, and those of the objects that are opened, in their order.
    """
    opened = [key for key in arounds if key != own]
    grower = _Grower(own, arounds)
    grower.split(MOST - 1 - (_ROOM_FOR_OPENED if opened else 0))
    grown = [key for place, key in enumerate(opened) if grower.open(key, len(opened) - place)]
    return _placed(own, kind, grower.trees, grown)


class _Grower:
    """Gives each neighbour one place, beside the first node that it is found around."""

    def __init__(self, own: str, arounds: Mapping[str, Around]) -> None:
        self._own = own
        self._arounds = arounds
        self._taken = {own}
        self.trees: dict[int, _Tree] = {-1: {}, 1: {}}

    def split(self, room: int) -> None:
        """The first branch, on both sides: -1 is the left, of what refers to the object."""
        around = self._arounds[self._own]
        edges = self._edges(self._own)
        sides = {
            -1: [edge for edge in edges if not edge.outward],
            1: [edge for edge in edges if edge.outward],
        }
        widest = _widest([_groups(side, around) for side in sides.values()], room)
        for number, side in sides.items():
            leaves = _leaves(self._own, side, around, widest)
            # Of types beyond all measure what does not fit is left to the list of relations.
            self._add(number, self._own, leaves if widest else leaves[: room // 2])

    def open(self, key: str, sharing: int) -> bool:
        """Add the neighbours of a node; False: it is not in the picture."""
        for number, tree in self.trees.items():
            if any(leaf.key == key and leaf.near for leaves in tree.values() for leaf in leaves):
                room = (MOST - self._size()) // sharing
                around, edges = self._arounds[key], self._edges(key)
                leaves = _leaves(key, edges, around, _widest([_groups(edges, around)], room))
                self._add(number, key, leaves[: max(0, room)])
                return True
        return False

    def _add(self, number: int, key: str, leaves: list[_Leaf]) -> None:
        self.trees[number][key] = leaves
        self._taken.update(leaf.key for leaf in leaves)

    def _size(self) -> int:
        trees = self.trees.values()
        return 1 + sum(len(leaves) for tree in trees for leaves in tree.values())

    def _edges(self, own: str) -> list[Edge]:
        """One edge to each neighbour without a place: opened ones first, then by newest link."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for link in self._arounds[own].links:
            other = link.target if link.source == own else link.source
            if other not in self._taken and self._arounds[own].near[other].type not in _SUMMED:
                found.setdefault(other, []).append((relation_of(link), link.source == own))
        edges = [_edge(own, other, links) for other, links in found.items()]
        return sorted(edges, key=lambda edge: edge.outer not in self._arounds)


def relation_of(link: Link) -> str:
    """What the arrow says: `sighting` between the ends of one, else as the link has it."""
    return "sighting_of_ref" if link.relation == "sighting" and not link.by else link.relation


def _edge(inner: str, outer: str, links: Sequence[tuple[str, bool]]) -> Edge:
    relations = tuple(sorted(dict.fromkeys(links), key=lambda link: not link[1]))
    return Edge(inner, outer, relations, relations[0][1], not relations[-1][1])


def _groups(edges: Sequence[Edge], around: Around) -> dict[str, list[Edge]]:
    """Edges by the type at their end."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(around.near[edge.outer].type, []).append(edge)
    return found


def _widest(sides: Sequence[Mapping[str, Sequence[Edge]]], room: int) -> int:
    """How many of a type may be drawn so that all fit into the room."""
    sizes = [len(edges) for groups in sides for edges in groups.values()]
    return next(
        (
            width
            for width in range(_WIDEST, 0, -1)
            if sum(_drawn_of(size, width) for size in sizes) <= room
        ),
        0,
    )


def _drawn_of(size: int, width: int) -> int:
    """How many nodes stand for so many objects. One more than fits is not folded alone."""
    return size if size <= width + (width > 0) else width + 1


def _leaves(own: str, edges: Sequence[Edge], around: Around, width: int) -> list[_Leaf]:
    found: list[_Leaf] = []
    for kind, group in sorted(_groups(edges, around).items()):
        shown = group if _drawn_of(len(group), width) == len(group) else group[:width]
        rest = group[len(shown) :]
        found += [_Leaf(e.outer, around.near[e.outer], kind, 0, e) for e in shown]
        if rest:
            key = f"{own} {kind} {'out' if rest[0].outward else 'in'}"
            edge = _edge(own, key, [link for each in rest for link in each.relations])
            found.append(_Leaf(key, None, kind, len(rest), edge))
    return found


def _placed(own: str, kind: str, trees: Mapping[int, _Tree], opened: list[str]) -> Picture:
    """Columns from the middle outwards; each node in the middle of the rows of its branch."""
    sides = {side: list(_rows(tree, own)) for side, tree in trees.items()}
    depth = {side: max((at.column for at in rows), default=0) for side, rows in sides.items()}
    height = {side: _height(tree, own) for side, tree in trees.items()}
    tallest = max(height.values())
    middle = (_MARGIN + depth[-1] * _STEP, _MARGIN + round((tallest - 1) * _PITCH / 2))
    spots = [Spot(own, None, kind, 0, "", *middle)]
    places = {own: middle}
    lines = []
    for side, rows in sides.items():
        lift = (tallest - height[side]) * _PITCH / 2
        for leaf, around, column, row in rows:
            x = middle[0] + side * column * _STEP
            places[leaf.key] = (x, _MARGIN + round(lift + row * _PITCH))
            spots.append(
                Spot(leaf.key, leaf.near, leaf.type, leaf.folded, around, *places[leaf.key])
            )
            lines.append(_line(leaf.edge, places[around], places[leaf.key], side))
    width = 2 * _MARGIN + (depth[-1] + depth[1]) * _STEP + BOX_WIDTH
    return Picture(width, 2 * _MARGIN + (tallest - 1) * _PITCH + BOX_HEIGHT, spots, lines, opened)


def _height(tree: _Tree, key: str) -> int:
    """Rows of a node with all that stands beside it."""
    below = tree.get(key)
    return sum(_height(tree, leaf.key) for leaf in below) if below else 1


class _At(NamedTuple):
    """A node, the one it stands beside, and its place in rows and columns."""

    leaf: _Leaf
    around: str
    column: int
    row: float


def _rows(tree: _Tree, key: str, column: int = 1, first: int = 0) -> Iterator[_At]:
    """Every node of a side, the inner ones first."""
    for leaf in tree.get(key, ()):
        height = _height(tree, leaf.key)
        yield _At(leaf, key, column, first + (height - 1) / 2)
        yield from _rows(tree, leaf.key, column + 1, first)
        first += height


def _line(edge: Edge, inner: tuple[int, int], outer: tuple[int, int], side: int) -> Line:
    """From the side of one box to the side of the other, level where the label stands."""
    half = BOX_HEIGHT // 2
    start_x = inner[0] + (BOX_WIDTH if side > 0 else 0)
    end_x = outer[0] + (0 if side > 0 else BOX_WIDTH)
    start_y, end_y = inner[1] + half, outer[1] + half
    bend = start_x + side * (_GAP // 4)
    path = f"M{start_x} {start_y}C{bend} {start_y} {start_x} {end_y} {bend} {end_y}H{end_x}"
    return Line(edge, path, (bend + end_x) // 2, end_y - 5, side < 0)
