"""The usual spellings of a value."""

from collections.abc import Iterator

from hub.language.values import show
from hub.model.search import Term

DOTS = ("[.]", "(.)", "{.}", "[dot]", "(dot)", "[DOT]", " dot ", "[.", ".]", "\\.", "\u3002")
WRAPPINGS = (
    "{}",
    " {} ",
    '"{}"',
    "'{}',",
    "<{}>",
    "({})",
    "[{}]",
    "{}.",
    "{},",
    "\u201c{}\u201d;",
)
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def spellings(term: Term) -> Iterator[str]:
    """How people may write the value of a term of the fields ip, domain, url, hash, email."""
    plain = show(term)
    for shape in _harmless(plain, term.field):
        for wrapping in WRAPPINGS:
            yield wrapping.format(shape)
    yield plain.upper()
    yield plain.translate(_WIDE)
    yield "\u200b".join(plain)
    yield f"\ufeff\u202a{plain}\u202c"
    yield f"\u00ad{plain}\u2060"


def _harmless(plain: str, field: str) -> Iterator[str]:
    yield plain
    if field in {"ip", "domain", "email"} and ":" not in plain:
        yield from (plain.replace(".", dot) for dot in DOTS)
        head, _, tail = plain.rpartition(".")
        yield f"{head}[.]{tail}"
    if field == "email":
        for sign in ("[@]", "[at]", "(at)", " at "):
            yield plain.replace("@", sign)
            yield plain.replace("@", sign).replace(".", "[.]")
        yield f"mailto:{plain}"
    if field == "ip" and ":" in plain:
        yield plain.replace(":", "[:]")
    if field == "url" and plain.startswith("http"):
        yield from _harmless_url(plain)


def _harmless_url(plain: str) -> Iterator[str]:
    scheme, rest = plain.split("://", 1)
    host, slash, path = rest.partition("/")
    broken = host if "[" in host else host.replace(".", "[.]")
    secure = "s" if scheme == "https" else ""
    for name in (f"hxxp{secure}", f"hXXp{secure}", f"HXXP{secure}", f"h**p{secure}", scheme):
        for colon in ("://", "[:]//", "[://]", "(:)//", "[:]\\\\"):
            yield f"{name}{colon}{broken}{slash}{path}"
    yield f"meow{secure}://{broken}{slash}{path}"
    yield f"{scheme.upper()}://{host.upper()}{slash}{path}"
    if not slash:
        yield f"{plain}/"
