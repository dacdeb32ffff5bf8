"""Measures the code base, prints the figures, and fails at every place that breaks a limit.

Run at the top of the checkout: `python -m tests.tools.sizes [folder]`.

How things are counted:

- Code lines of a function: its lines without docstring, comments and blank lines.
- Parameters: all of them but `self` and `cls`.
- Complexity: one, and one more for each branch, loop, handler and case in the function.
- A handler that takes every exception and ends in a bare `raise` lets the error through and is
  not counted.
- Public: neither the name nor any part of its path starts with an underscore.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PRODUCT = ("hub", "connectors", "feeds")

FILE_LINES = 400
TEST_FILE_LINES = 600
FUNCTION_LINES = 40
CLASS_LINES = 200
PARAMETERS = 6
CATCH_ALLS = 3

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
_IGNORE = re.compile(r"#\s*type:\s*ignore(\[[\w\-, ]+\])?")
_UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")


@dataclass(frozen=True)
class Function:
    place: str
    lines: int
    parameters: int
    complexity: int


@dataclass(frozen=True)
class Module:
    """One file, measured. A place reads `path:line` or `path:line name`."""

    path: str
    lines: int
    functions: list[Function]
    classes: dict[str, int]
    """Lines by place."""
    public: dict[str, bool]
    """Whether there is a docstring, by place."""
    ignores: dict[str, bool]
    """Whether the `type: ignore` names its code, by place."""
    catch_alls: list[str]
    globals: list[str]
    unfinished: list[str]

    @property
    def folder(self) -> str:
        return self.path.split("/", 1)[0]


def read(root: Path) -> list[Module]:
    """All modules of the product and its tests, in the order of their paths."""
    paths = [path for folder in (*PRODUCT, "tests") for path in (root / folder).rglob("*.py")]
    return [
        measure(path.relative_to(root).as_posix(), path.read_text("utf-8"))
        for path in sorted(paths)
    ]


def measure(path: str, source: str) -> Module:
    tree = ast.parse(source, path)
    nodes = list(ast.walk(tree))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    comments = {f"{path}:{t.start[0]}": t.string for t in tokens if t.type == tokenize.COMMENT}
    code = _code_lines(tokens) - _docstring_lines(nodes)
    return Module(
        path=path,
        lines=len(io.StringIO(source).readlines()),
        functions=[_function(path, node, code) for node in nodes if isinstance(node, _Def)],
        classes={
            _place(path, node): node.end_lineno - node.lineno + 1
            for node in nodes
            if isinstance(node, ast.ClassDef)
        },
        public={place: bool(ast.get_docstring(node)) for place, node in _public(path, tree)},
        ignores={
            place: match[1] is not None
            for place, text in comments.items()
            if (match := _IGNORE.search(text))
        },
        catch_alls=[f"{path}:{node.lineno}" for node in nodes if _takes_everything(node)],
        globals=[f"{path}:{node.lineno}" for node in nodes if isinstance(node, ast.Global)],
        unfinished=[place for place, text in comments.items() if _UNFINISHED.search(text)],
    )


def _place(path: str, node: _Def | ast.ClassDef) -> str:
    return f"{path}:{node.lineno} {node.name}"


def _code_lines(tokens: list[tokenize.TokenInfo]) -> set[int]:
    spans = (range(t.start[0], t.end[0] + 1) for t in tokens if t.type not in _NO_CODE)
    return {line for span in spans for line in span}


def _docstring_lines(nodes: list[ast.AST]) -> set[int]:
    texts = [n.body[0] for n in nodes if isinstance(n, _Documented) and ast.get_docstring(n)]
    return {line for text in texts for line in range(text.lineno, text.end_lineno + 1)}


def _function(path: str, node: _Def, code: set[int]) -> Function:
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args]
    own = named[1:] if named and named[0].arg in {"self", "cls"} else named
    packed = [a for a in (arguments.vararg, arguments.kwarg) if a]
    return Function(
        place=_place(path, node),
        lines=len(code.intersection(range(node.lineno, node.end_lineno + 1))),
        parameters=len(own) + len(arguments.kwonlyargs) + len(packed),
        complexity=1 + sum(isinstance(child, _BRANCHES) for child in ast.walk(node)),
    )


def _public(path: str, tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if not any(part.startswith("_") for part in parts):
        yield f"{path}:1 module", tree
        yield from _members(path, tree)


def _members(path: str, parent: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    for node in parent.body:
        if not isinstance(node, (_Def, ast.ClassDef)) or node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield _place(path, node), node
            yield from _members(path, node)
        elif not _documented_elsewhere(node):
            yield _place(path, node), node


def _documented_elsewhere(node: _Def) -> bool:
    names = [ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list]
    return bool({"overload", "override", "setter", "deleter"}.intersection(names))


def _takes_everything(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    last = node.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(
        kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught
    )


def faults(modules: list[Module]) -> list[str]:
    """What breaks a limit, each with its place."""
    product = [module for module in modules if module.folder in PRODUCT]
    found = [fault for module in modules for fault in _everywhere(module)]
    found += [fault for module in product for fault in _in_product(module)]
    catch_alls = [place for module in product for place in module.catch_alls]
    if len(catch_alls) > CATCH_ALLS:
        places = ", ".join(catch_alls)
        found.append(
            f"{len(catch_alls)} handlers of every exception, at most {CATCH_ALLS}: {places}"
        )
    if not any(module.folder == "hub" for module in product):
        found.append("hub: no Python file found; run this at the top of the checkout")
    return found


def _everywhere(module: Module) -> Iterator[str]:
    limit = FILE_LINES if module.folder in PRODUCT else TEST_FILE_LINES
    if module.lines > limit:
        yield f"{module.path}: {module.lines} lines, at most {limit}"
    for place, coded in module.ignores.items():
        if not coded:
            yield f"{place}: type: ignore without its code in brackets"
    for place in module.unfinished:
        yield f"{place}: unfinished work; finish it or open an issue"


def _in_product(module: Module) -> Iterator[str]:
    for function in module.functions:
        if function.lines > FUNCTION_LINES:
            yield f"{function.place}: {function.lines} code lines, at most {FUNCTION_LINES}"
        if function.parameters > PARAMETERS:
            yield f"{function.place}: {function.parameters} parameters, at most {PARAMETERS}"
    for place, lines in module.classes.items():
        if lines > CLASS_LINES:
            yield f"{place}: class of {lines} lines, at most {CLASS_LINES}"
    for place in module.globals:
        yield f"{place}: global statement"
    if module.folder == "hub":
        yield from (f"{place}: no docstring" for place, has in module.public.items() if not has)


def _spread(numbers: list[int]) -> str:
    """Median, 90th percentile, maximum."""
    if not numbers:
        return "-"
    ranked = sorted(numbers)
    p90 = ranked[min(len(ranked) - 1, len(ranked) * 9 // 10)]
    return f"{statistics.median_low(ranked)} / {p90} / {ranked[-1]}"


def _share(flags: list[bool]) -> str:
    return f"{100 * sum(flags) // len(flags)} %" if flags else "-"


_ROWS: list[tuple[str, str, Callable[[list[Module]], object]]] = [
    ("files", "", len),
    ("lines", "", lambda ms: sum(m.lines for m in ms)),
    ("lines of a file", "130 / - / 400", lambda ms: _spread([m.lines for m in ms])),
    ("functions", "", lambda ms: sum(len(m.functions) for m in ms)),
    (
        "code lines of a function",
        "7 / 20 / 40",
        lambda ms: _spread([f.lines for m in ms for f in m.functions]),
    ),
    (
        "complexity",
        "- / 5 / 8",
        lambda ms: _spread([f.complexity for m in ms for f in m.functions]),
    ),
    (
        "parameters",
        "- / - / 6",
        lambda ms: _spread([f.parameters for m in ms for f in m.functions]),
    ),
    ("classes", "", lambda ms: sum(len(m.classes) for m in ms)),
    (
        "lines of a class",
        "- / - / 200",
        lambda ms: _spread([n for m in ms for n in m.classes.values()]),
    ),
    (
        "public with docstring",
        "100 % in hub",
        lambda ms: _share([d for m in ms for d in m.public.values()]),
    ),
    ("type: ignore", "5", lambda ms: sum(len(m.ignores) for m in ms)),
    ("except Exception", "3 in all", lambda ms: sum(len(m.catch_alls) for m in ms)),
    ("global statements", "0", lambda ms: sum(len(m.globals) for m in ms)),
]


def table(modules: list[Module]) -> str:
    """The figures of each product folder beside the aim; three numbers are p50 / p90 / max."""
    groups = [[m for m in modules if m.folder == folder] for folder in PRODUCT]
    lines = [("", *PRODUCT, "aim")]
    lines += [(name, *(str(count(group)) for group in groups), aim) for name, aim, count in _ROWS]
    text = "\n".join(f"{a:<26}{b:>16}{c:>16}{d:>16}   {e}".rstrip() for a, b, c, d, e in lines)
    tests = [m for m in modules if m.folder == "tests"]
    of_tests = sum(m.lines for m in tests)
    source = sum(m.lines for m in modules) - of_tests
    ratio = of_tests / source if source else 0
    return f"{text}\ntests: {len(tests)} files, {of_tests} lines, {ratio:.1f} per line of source"


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2]
    modules = read(root)
    print(table(modules))
    found = faults(modules)
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
