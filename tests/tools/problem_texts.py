"""Every text of an error that the console may show, read from the source.

`python -m tests.tools.problem_texts` prints them as templates, with where they are raised: the
catalogue `hub/web/locale/errors/vi.po` has each of them, and a test compares the two.

A text is followed to where it is written: through variables, through functions that give it back,
and through helpers such as `bad(field, reason)` to all who call them. What is put into a text and
is not written in the source is a `{name}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "hub"
_SOURCES = "connectors/"
# What only programs and the command line meet: TAXII, the JSON door, backups.
_ELSEWHERE = ("api/", "cli/", "taxii/", "config/", "app.py", "server.py", "worker.py")
# What of the connectors is run by hand: no page tells of it.
_BY_HAND = ("check/", "search/")
_BACKUPS = {f"store/{name}.py" for name in ("archive", "crate", "snapshot", "vault")}
# A secret that is not there stops a run, and so does a file that cannot be read.
_FILES = {"service/jobs/secrets.py", "service/jobs/declared.py"}
# Which arguments of what are texts for people: place and name.
_SINKS: dict[str, tuple[tuple[int, str], ...]] = {
    "HubError": ((1, "reason"), (99, "remedy")),
    "Rule": ((2, "reason"), (3, "remedy")),
    "StoreDown": ((0, "reason"),),
    "Throttled": ((0, "reason"), (99, "remedy")),
    "Flaw": ((1, "problem"), (2, "remedy")),
    "Refusal": ((2, "reason"),),
    "Reason": ((1, "rule"),),
    # What a document says that was not read, and why
    "Told": ((99, "reason"), (99, "remedy")),
    "LeftOut": ((99, "detail"),),
    "_leave": ((1, "reason"),),
    # Why a feed did not publish something
    "leave": ((3, "reason"),),
    "_Out": ((0, "reason"),),
    # What is wrong with a field of a definition
    "wrong": ((3, "reason"),),
    # What speaks against what a column is taken for
    "_Verdict": ((1, "doubt"),),
}
# Of what reads sources: why no object was made of something, and what the other side did.
_SINKS_OF_SOURCES: dict[str, tuple[tuple[int, str], ...]] = {
    "Left": ((1, "reason"),),
    "_leave": ((1, "reason"),),
    "Undelivered": ((2, "reason"),),
    # Settings that do not go together
    "ValueError": ((0, "reason"),),
}
_OF_REMOTE = ((0, "reason"), (99, "remedy"))
_REMOTE = frozenset(
    [
        *("RemoteError", "Unreachable", "Interrupted", "LoginNeeded", "Absent", "Refused"),
        *("TooLarge", "Unsafe", "NotUnderstood", "Lost", "ConfigError"),
    ]
)
_TABLES = {
    "connectors/advisory.py": {"_DOUBTS", "_REASONS"},
    "connectors/lists/streaming.py": {"_REASONS"},
}
# They give back what it was, and the text behind it.
_LOSSES = {"losses", "_lost_context"}
# A field of a definition, and what is wrong with it.
_CHECKS = {"_faults", "_of_audience", "_of_lifetime", "_of_filters", "_of_ceiling", "_of_readers"}
_GIVERS_OF_PAIRS = {"of_way", *_LOSSES, *_CHECKS}
# They give texts back, rather than raise them.
_GIVERS = {
    "policy.py": {"objection"},
    "service/jobs/declared.py": {"of_way", "_reveals"},
    "service/feeds/definition.py": _CHECKS - {"_of_ceiling", "_of_readers"},
    "service/deliveries/definition.py": {"_faults", "_of_ceiling", "_of_readers"},
    "intake/documents/pdf.py": {"_remark"},
    "connectors/taxii/settings.py": {"_faults", "_of_address"},
    "connectors/misp/events.py": _LOSSES,
    "stix/strict.py": {
        "_of_parsing",
        "_differences",
        "_refusal",
        "_of_confidence",
        "_of_granular",
        "_of_order",
        "_of_tlp",
        "faults",
    },
}
# More ways than these are not told apart: the text has a placeholder.
_MOST = 16
_DEEPEST = 8
_LONE = re.compile(r"\{\w+\}")


class Text(NamedTuple):
    """One template and where it is raised."""

    template: str
    place: str


class _Module(NamedTuple):
    name: str
    tree: ast.Module
    calls: list[tuple[ast.Call, ast.FunctionDef | None]]
    by_name: dict[str, list[tuple[ast.Call, ast.FunctionDef | None]]]
    """Calls, by what is called"""
    functions: dict[str, list[ast.FunctionDef]]


def texts() -> list[Text]:
    """All templates, each with every place."""
    paths = [path for path in sorted(HUB.rglob("*.py")) if _is_shown(path)]
    sources = ROOT / _SOURCES
    by_hand = tuple(str(sources / name) for name in _BY_HAND)
    paths += [p for p in sorted(sources.rglob("*.py")) if not str(p).startswith(by_hand)]
    program = _Program([_module(path) for path in paths])
    return sorted(set(program.texts()))


def _is_shown(path: Path) -> bool:
    name = str(path.relative_to(HUB))
    return not name.startswith(_ELSEWHERE) and name not in _BACKUPS


def _module(path: Path) -> _Module:
    tree = ast.parse(path.read_text("utf-8"))
    within = HUB if path.is_relative_to(HUB) else ROOT
    module = _Module(str(path.relative_to(within)), tree, [], {}, {})
    _collect(tree, None, module)
    return module


def _collect(node: ast.AST, within: ast.FunctionDef | None, module: _Module) -> None:
    for child in ast.iter_child_nodes(node):
        inner = within
        if isinstance(child, ast.FunctionDef):
            module.functions.setdefault(child.name, []).append(child)
            inner = child
        if isinstance(child, ast.Call):
            module.calls.append((child, within))
            module.by_name.setdefault(_called(child), []).append((child, within))
        _collect(child, inner, module)


class _Program:
    def __init__(self, modules: list[_Module]) -> None:
        self._modules = modules

    def texts(self) -> Iterator[Text]:
        for module in self._modules:
            for call, within in module.calls:
                for place, name in _sinks(call, within, module):
                    argument = _argument(call, place, name)
                    if argument is not None:
                        where = f"{module.name}:{call.lineno}"
                        yield from self._at(where, argument, module, within)
            for name in sorted(_GIVERS.get(module.name, ())):
                for function in module.functions[name]:
                    yield from self._given(function, module)
            for name in sorted(_TABLES.get(module.name, ())):
                yield from _of_table(name, module)

    def _at(
        self, where: str, node: ast.expr, module: _Module, within: ast.FunctionDef | None
    ) -> Iterator[Text]:
        """What is nothing but a value was written elsewhere, and is found there."""
        for text in self._of(node, module, within, 0):
            if text and not _LONE.fullmatch(text):
                yield Text(text, where)

    def _given(self, function: ast.FunctionDef, module: _Module) -> Iterator[Text]:
        for node in ast.walk(function):
            value = node.value if isinstance(node, ast.Return | ast.Yield) else None
            listed = isinstance(value, ast.Tuple | ast.List)
            elements = value.elts if listed else [value]  # type: ignore[union-attr]  # one of the two
            for element in elements[-1:] if function.name in _GIVERS_OF_PAIRS else elements:
                if isinstance(element, ast.Constant | ast.JoinedStr | ast.Name):
                    where = f"{module.name}:{node.lineno}"
                    yield from self._at(where, element, module, function)

    def _of(
        self, node: ast.expr, module: _Module, within: ast.FunctionDef | None, depth: int
    ) -> list[str]:
        """What an expression may be; one placeholder when nobody can tell."""
        found = self._written(node, module, within, depth + 1) if depth < _DEEPEST else None
        return found if found and (len(found) <= _MOST or not depth) else [f"{{{_label(node)}}}"]

    def _written(
        self, node: ast.expr, module: _Module, within: ast.FunctionDef | None, depth: int
    ) -> list[str] | None:
        """None: nobody can tell."""
        found = None
        match node:
            case ast.Constant(value=str(text)):
                found = [text]
            case ast.BinOp(op=ast.Add()):
                pair = ast.JoinedStr([_piece(node.left), _piece(node.right)])
                found = self._joined(pair, module, within, depth)
            case ast.JoinedStr():
                found = self._joined(node, module, within, depth)
            case ast.IfExp():
                found = self._all([node.body, node.orelse], module, within, depth)
            case ast.BoolOp():
                found = self._all(node.values, module, within, depth)
            case ast.Name():
                found = self._named(node.id, module, within, depth)
            case ast.Call():
                found = self._returned(node, module, depth)
        return found

    def _all(
        self,
        nodes: Iterable[ast.expr],
        module: _Module,
        within: ast.FunctionDef | None,
        depth: int,
    ) -> list[str]:
        found = [text for node in nodes for text in self._of(node, module, within, depth)]
        return list(dict.fromkeys(found))

    def _joined(
        self, node: ast.JoinedStr, module: _Module, within: ast.FunctionDef | None, depth: int
    ) -> list[str]:
        parts = []
        for piece in node.values:
            inner = piece.value if isinstance(piece, ast.FormattedValue) else piece
            # A number in a format is a value, wherever it was written.
            bare = isinstance(piece, ast.Constant) or not piece.format_spec  # type: ignore[attr-defined]  # one of the two
            known = self._of(inner, module, within, depth) if bare else [f"{{{_label(inner)}}}"]
            # Single words are values, too: names of kinds, versions.
            plain = isinstance(piece, ast.Constant) or any(" " in text for text in known)
            parts.append(known if plain else [f"{{{_label(inner)}}}"])
        return list(dict.fromkeys("".join(choice) for choice in product(*parts)))

    def _named(
        self, name: str, module: _Module, within: ast.FunctionDef | None, depth: int
    ) -> list[str] | None:
        if within is None:
            return self._constant(name, module, depth)
        arguments = within.args
        names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        everything = {*names, *(arg.arg for arg in arguments.kwonlyargs)}
        values = list(_assigned(name, within))
        found = self._all(values, module, within, depth)
        if name in everything:
            place = names.index(name) - (names[:1] in (["self"], ["cls"])) if name in names else 99
            found += self._passed(within, place, name, module, depth)
        if not values and name not in everything:
            return self._constant(name, module, depth)
        return list(dict.fromkeys(found))

    def _constant(self, name: str, module: _Module, depth: int) -> list[str] | None:
        values = [value for node in module.tree.body for value in _values(name, node)]
        return self._all(values, module, None, depth) or None

    def _passed(
        self, function: ast.FunctionDef, place: int, name: str, home: _Module, depth: int
    ) -> list[str]:
        """What those who call a helper give it."""
        found = _default(function, name)
        called, private = function.name, function.name.startswith("_")
        if called == "__init__":
            called, private = _class_of(function, home.tree), False
        for module in [home] if private else self._modules:
            heirs = module.by_name.get("__init__", [])
            reached = [item for item in heirs if _is_heirs(*item, called, module)]
            for call, within in [*module.by_name.get(called, []), *reached]:
                argument = _argument(call, place, name)
                if argument is not None:
                    found += self._of(argument, module, within, depth)
        return found

    def _returned(self, call: ast.Call, home: _Module, depth: int) -> list[str] | None:
        """What a function of the same module gives back, where that is written there."""
        if _called(call) == "get" and isinstance(call.func, ast.Attribute):
            return self._chosen(call, call.func.value, home, depth)
        found: list[str] = []
        if depth > _DEEPEST:
            return None
        for function in home.functions.get(_called(call), ()):
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    known = self._written(node.value, home, function, depth + 1)
                    if known is None:
                        return None
                    # An empty one says that there is nothing to say.
                    found += filter(None, known)
        return found or None

    def _chosen(
        self, call: ast.Call, table: ast.expr, home: _Module, depth: int
    ) -> list[str] | None:
        """What a table of the module has, and what is taken where it has nothing."""
        name = table.id if isinstance(table, ast.Name) else ""
        tables = [value for node in home.tree.body for value in _values(name, node)]
        values = [v for t in tables if isinstance(t, ast.Dict) for v in t.values]
        return self._all([*values, *call.args[1:]], home, None, depth) if values else None


def _of_table(name: str, module: _Module) -> Iterator[Text]:
    """The texts of a table that is written out at the top of a module."""
    for node in module.tree.body:
        named = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(named, ast.Name) and named.id == name:
            for table in (inner for inner in ast.walk(node) if isinstance(inner, ast.Dict)):
                for value in table.values:
                    if isinstance(value, ast.Constant):
                        yield Text(str(value.value), f"{module.name}:{value.lineno}")


def _sinks(
    call: ast.Call, within: ast.FunctionDef | None, module: _Module
) -> tuple[tuple[int, str], ...]:
    """Which of its arguments are texts; a subclass hands its own to `HubError`."""
    if module.name.startswith(_SOURCES):
        called = _called(call)
        return _OF_REMOTE if called in _REMOTE else _SINKS_OF_SOURCES.get(called, ())
    if module.name in _FILES and _called(call) == "ConfigError":
        return _OF_REMOTE
    if _is_heirs(call, within, "HubError", module):
        return _SINKS["HubError"]
    return _SINKS.get(_called(call), ())


def _is_heirs(call: ast.Call, within: ast.FunctionDef | None, name: str, module: _Module) -> bool:
    """Whether a subclass hands something to the class of that name."""
    if within is None or within.name != "__init__" or _called(call) != "__init__":
        return False
    return any(
        isinstance(node, ast.ClassDef)
        and within in node.body
        and any(isinstance(base, ast.Name) and base.id == name for base in node.bases)
        for node in module.tree.body
    )


def _class_of(function: ast.FunctionDef, tree: ast.Module) -> str:
    return next(
        (n.name for n in tree.body if isinstance(n, ast.ClassDef) and function in n.body), ""
    )


def _assigned(name: str, within: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(within):
        yield from _values(name, node)


def _values(name: str, node: ast.AST) -> Iterator[ast.expr]:
    """What an assignment gives to a name."""
    if isinstance(node, ast.AugAssign | ast.NamedExpr):
        if isinstance(node.target, ast.Name) and node.target.id == name:
            yield node.value if isinstance(node, ast.NamedExpr) else _longer(name, node.value)
        return
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Name) and target.id == name:
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(one, ast.Name) and one.id == name:
                    yield value


def _longer(name: str, more: ast.expr) -> ast.expr:
    """A text with another one behind it."""
    before = ast.FormattedValue(ast.Name(f"{name}_before"), -1)
    behind = more if isinstance(more, ast.Constant) else ast.FormattedValue(more, -1)
    return ast.JoinedStr([before, *(more.values if isinstance(more, ast.JoinedStr) else [behind])])


def _piece(node: ast.expr) -> ast.expr:
    """A part of a sum as one of a text."""
    return node if isinstance(node, ast.Constant) else ast.FormattedValue(node, -1)


def _default(function: ast.FunctionDef, name: str) -> list[str]:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return [
        value.value
        for argument, value in pairs
        if argument.arg == name and isinstance(value, ast.Constant) and value.value
    ]


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if place < len(call.args) and not any(isinstance(arg, ast.Starred) for arg in call.args):
        return call.args[place]
    return None


def _label(node: ast.AST) -> str:
    """What a placeholder is called: the last name of its expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id.lower()
    if isinstance(node, ast.Subscript | ast.Starred):
        return _label(node.value)
    if isinstance(node, ast.Call):
        inner = [arg for arg in node.args if not isinstance(arg, ast.Constant | ast.GeneratorExp)]
        return _label(inner[0]) if inner else _label(node.func)
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)]
    return _label(names[0]) if names else "value"


if __name__ == "__main__":
    for item in texts():
        print(f"{item.place:40} {item.template}")
