"""Each fault is planted in a small tree; the tool must name its place, and nothing else."""

from pathlib import Path

import pytest

from tests.tools import sizes

CLEAN = {
    "hub/__init__.py": '"""The product."""\n',
    "hub/post.py": (
        '"""Letters."""\n\n\n'
        "class Letter:\n"
        '    """One letter."""\n\n'
        "    def send(self, to):\n"
        '        """Send it."""\n'
        "        return to\n\n\n"
        "def _sort(*letters):\n"
        "    for letter in letters:\n"
        "        letter.send('archive')\n"
    ),
    "connectors/mail.py": "def collect():\n    return 1  # type: ignore[no-untyped-def]\n",
    "feeds/__init__.py": "",
    "tests/test_post.py": "def test_post():\n    assert True\n",
}


def plant(root: Path, path: str, text: str) -> Path:
    for name, content in (CLEAN | {path: text}).items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return root


def found(root: Path, path: str, text: str) -> list[str]:
    return sizes.faults(sizes.read(plant(root, path, text)))


def body(lines: int, indent: str = "    ") -> str:
    return f"{indent}x = 1\n" * lines


def handlers(kind: str, count: int, ending: str = "pass") -> str:
    return f"try:\n    print()\nexcept {kind}:\n    print()\n    {ending}\n" * count


FAULTS = {
    "long file": ("hub/big.py", '"""Big."""\n' + "x = 1\n" * 400, "hub/big.py: 401 lines"),
    "long test file": (
        "tests/test_big.py",
        "x = 1\n" * 601,
        "tests/test_big.py: 601 lines, at most 600",
    ),
    "long function": (
        "feeds/long.py",
        "async def long():\n" + body(40),
        "feeds/long.py:1 long: 41 code lines",
    ),
    "long method": (
        "feeds/long.py",
        "class A:\n    def long(self):\n" + body(40, " " * 8),
        "feeds/long.py:2 long: 41 code lines",
    ),
    "long text in a function": (
        "feeds/long.py",
        'def long():\n    return """\n' + "a\n" * 40 + '"""\n',
        "feeds/long.py:1 long: 43 code lines",
    ),
    "long class": (
        "feeds/wide.py",
        "class Wide:\n" + body(200),
        "feeds/wide.py:1 Wide: class of 201 lines",
    ),
    "many parameters": (
        "connectors/many.py",
        "def many(a, b, /, c, *d, e, f, **g):\n    return a\n",
        "connectors/many.py:1 many: 7 parameters",
    ),
    "module without docstring": ("hub/bare.py", "x = 1\n", "hub/bare.py:1 module: no docstring"),
    "package without docstring": (
        "hub/bare/__init__.py",
        "",
        "hub/bare/__init__.py:1 module: no docstring",
    ),
    "empty docstring": ("hub/bare.py", '""\n', "hub/bare.py:1 module: no docstring"),
    "class without docstring": (
        "hub/bare.py",
        '"""Bare."""\n\n\nclass Bare:\n    x = 1\n',
        "hub/bare.py:4 Bare: no docstring",
    ),
    "function without docstring": (
        "hub/bare.py",
        '"""Bare."""\n\n\nasync def bare():\n    return 1\n',
        "hub/bare.py:4 bare: no docstring",
    ),
    "method without docstring": (
        "hub/bare.py",
        '"""Bare."""\n\n\nclass Bare:\n    """It."""\n\n    def go(self):\n        return 1\n',
        "hub/bare.py:7 go: no docstring",
    ),
    "ignore without code": (
        "feeds/loose.py",
        "x = 1\ny = x  # type: ignore\n",
        "feeds/loose.py:2: type: ignore without its code",
    ),
    "ignore without code in a test": (
        "tests/test_loose.py",
        "y = 1  #type:ignore  # for now\n",
        "tests/test_loose.py:1: type: ignore without its code",
    ),
    "global statement": (
        "feeds/state.py",
        "n = 0\n\n\ndef up():\n    global n\n    n += 1\n",
        "feeds/state.py:5: global statement",
    ),
    "unfinished work": ("feeds/later.py", "x = 1  # TODO: y\n", "feeds/later.py:1: unfinished"),
    "unfinished test": ("tests/test_later.py", "# FIXME\n", "tests/test_later.py:1: unfinished"),
    "four handlers of every exception": (
        "feeds/deaf.py",
        handlers("Exception", 4),
        "4 handlers of every exception, at most 3: feeds/deaf.py:3, feeds/deaf.py:8, ",
    ),
    "handlers by other names": (
        "feeds/deaf.py",
        handlers("BaseException", 1)
        + handlers("(OSError, Exception)", 1)
        + handlers("Exception as e", 1, "raise ValueError from e")
        + handlers("", 1),
        "4 handlers of every exception",
    ),
}

ALLOWED = {
    "a file of the full length": ("hub/big.py", '"""Big."""\n' + "x = 1\n" * 399),
    "a test file of the full length": ("tests/test_big.py", "x = 1\n" * 600),
    "a function of the full length": ("feeds/long.py", "def long():\n" + body(39)),
    "docstring, comments and blank lines beside it": (
        "feeds/long.py",
        'def long():\n    """Long.\n\n    Very.\n    """\n    # why\n\n' + body(39),
    ),
    "a long function in a test": ("tests/test_long.py", "def test_long():\n" + body(41)),
    "a class of the full length": ("feeds/wide.py", "class Wide:\n" + body(199)),
    "six parameters and self": (
        "feeds/many.py",
        "class A:\n    def many(self, a, b, c, d, *e, f):\n        return a\n",
    ),
    "no docstring in a private module": ("hub/_inner.py", "def go():\n    return 1\n"),
    "no docstring outside the hub": ("feeds/bare.py", "def go():\n    return 1\n"),
    "no docstring where another one speaks": (
        "hub/bare.py",
        (
            '"""Bare."""\n\n\nclass Bare:\n    """It."""\n\n'
            "    def __init__(self):\n        self.x = 1\n\n"
            "    @name.setter\n    def name(self, x):\n        self.x = x\n\n"
            "    @typing.overload\n    def go(self):\n        return 1\n"
        ),
    ),
    "three handlers of every exception": ("feeds/deaf.py", handlers("Exception", 3)),
    "handlers that let the error through": (
        "feeds/rollback.py",
        handlers("Exception", 4, "raise"),
    ),
    "handlers of one error": ("feeds/careful.py", handlers("OSError", 4)),
    "the words in a text": ("feeds/words.py", 'x = "# TODO: FIXME # type: ignore"\n'),
    "a line separator in a text": ("feeds/words.py", 'x = "' + "\u2028" * 500 + '"\n'),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_planted_fault_is_named_with_its_place(tmp_path: Path, reason: str) -> None:
    path, text, expected = FAULTS[reason]
    (fault,) = found(tmp_path, path, text)
    assert fault.startswith(expected)


@pytest.mark.parametrize("reason", ALLOWED)
def test_what_keeps_the_limits_is_no_fault(tmp_path: Path, reason: str) -> None:
    assert found(tmp_path, *ALLOWED[reason]) == []


def test_a_folder_without_the_product_does_not_pass(tmp_path: Path) -> None:
    (fault,) = sizes.faults(sizes.read(tmp_path))
    assert fault.startswith("hub: no Python file found")


@pytest.mark.parametrize(
    ("statement", "complexity"),
    [
        ("return 1", 1),
        ("if x:\n        pass\n    elif y:\n        pass\n    else:\n        pass", 3),
        ("while x:\n        for y in x:\n            pass", 3),
        ("try:\n        pass\n    except OSError:\n        pass\n    finally:\n        pass", 2),
        ("match x:\n        case 1:\n            pass\n        case _:\n            pass", 3),
    ],
)
def test_complexity_counts_the_ways_through(statement: str, complexity: int) -> None:
    module = sizes.measure("hub/x.py", f"def f(x, y):\n    {statement}\n")
    assert module.functions[0].complexity == complexity


def test_the_table_shows_each_folder_beside_the_aim(tmp_path: Path) -> None:
    text = sizes.table(sizes.read(plant(tmp_path, "hub/many.py", "def f(a, b):\n    return a\n")))
    rows = {line[:26].strip(): line[26:].split() for line in text.splitlines()}
    assert rows["files"] == ["3", "1", "1"]
    assert rows["lines"] == ["17", "2", "0"]
    assert " ".join(rows["parameters"]) == "1 / 2 / 2 0 / 0 / 0 - - / - / 6"
    assert rows["public with docstring"][:2] == ["66", "%"]
    assert text.endswith("tests: 1 files, 2 lines, 0.1 per line of source")


def test_the_exit_status_is_one_when_there_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sizes.main([str(plant(tmp_path, "feeds/x.py", "x = 1\n"))]) == 0
    assert capsys.readouterr().err == ""
    assert sizes.main([str(plant(tmp_path, "feeds/x.py", "# TODO\n"))]) == 1
    assert capsys.readouterr().err.startswith("feeds/x.py:1: unfinished work")


def test_the_tool_keeps_its_own_limits(tmp_path: Path) -> None:
    source = Path(sizes.__file__).read_text("utf-8")
    assert found(tmp_path, "feeds/sizes.py", source) == []
