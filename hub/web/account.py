"""One's own account: what one may do, sessions, second factor, password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

import segno

from hub.errors import Fault, HubError
from hub.http.session import Current
from hub.model.party import Subject
from hub.service.login import Opened
from hub.web.address import link
from hub.web.admin.deeds import Deed, ask
from hub.web.admin.forms import Form
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

_BOTH = ("GET", "POST")
_FORM = 16_384
# Edge and Opera say Chrome as well, before their own name; all but Firefox say Safari.
_BROWSER = re.compile(r"(Edg|OPR|Firefox|HeadlessChrome|Chrome(?!.*(?:Edg|OPR)/)|Version)/(\d+)")
_SYSTEM = re.compile(r"\((?:X11; )?(Windows|Macintosh|iPhone|iPad|Linux; Android|Android|Linux)")
_NAMES = MappingProxyType(
    {
        "Edg": "Edge",
        "OPR": "Opera",
        "HeadlessChrome": "Chrome",
        "Version": "Safari",
        "Macintosh": "macOS",
        "Linux; Android": "Android",
    }
)
_BORDER = 4
"""Modules of quiet around a QR code (ISO/IEC 18004)"""


def pages(console: Console) -> list[Page]:
    """`/account` and below."""
    del console
    return [
        Page("account", _start, most=_FORM),
        Page("account_password", _password, _BOTH, section="account", most=_FORM),
        Page("account_factor", _factor, _BOTH, section="account", most=_FORM),
        Page("account_factor_remove", _factor_remove, _BOTH, section="account", most=_FORM),
        Page("account_digest", _digest, _BOTH, section="account", most=_FORM),
        Page("account_session_end", _session_end, _BOTH, section="account", most=_FORM),
        Page("account_sessions_end", _sessions_end, _BOTH, section="account", most=_FORM),
    ]


def _start(visit: Visit) -> Answer:
    directory, name = visit.directory, visit.caller.account
    subjects = sorted(visit.scope.subjects.items())
    circles: dict[Subject, Any] = dict(directory.circles())
    tokens = [item for item in directory.tokens.values() if item.account == name]
    return visit.render(
        "account/start.html",
        account=directory.accounts[name],
        factor=visit.console.factors.of(name),
        sessions=visit.console.logins.list(name),
        tokens=sorted(tokens, key=lambda item: item.expires_us),
        certificates=[c for c in directory.certificates.values() if c.account == name],
        digests=visit.console.deliveries.digests(name),
        circles=[(":".join(s), circles[s].title, us) for s, us in subjects if s in circles],
        program=program,
    )


def program(label: str) -> str:
    """A browser in short, such as "Firefox 140, Windows"; another program as it names itself."""
    name, system = _BROWSER.search(label), _SYSTEM.search(label)
    if not name:
        return label[:40] or "?"
    kind = _NAMES.get(name[1], name[1])
    return (
        f"{kind} {name[2]}, {_NAMES.get(system[1], system[1])}" if system else f"{kind} {name[2]}"
    )


def _password(visit: Visit) -> Answer:
    account = visit.directory.accounts[visit.caller.account]
    has_one = bool(account.password)
    if visit.request.method != "POST" or not has_one:
        return visit.render("account/password.html", errors={}, has_one=has_one)
    form = Form(visit)
    old, new = visit.form.get("old_password", ""), visit.form.get("new_password", "")
    if not old:
        form.fail("old_password", visit.text("Fill this in."))
    if not new:
        form.fail("new_password", visit.text("Fill this in."))
    elif new != visit.form.get("new_password_again", ""):
        form.fail("new_password_again", visit.text("The two are not the same."))
    if not form.errors:
        client = visit.console.doorman.client(visit.request)
        try:
            opened = visit.console.logins.change_password(account.name, old, new, client)
        except HubError as error:
            form.refuse(error)
        else:
            return _changed(visit, opened)
    return form.again("account/password.html", has_one=True)


def _changed(visit: Visit, opened: Opened) -> Answer:
    """The session that began with the new password; it may wait for its second factor."""
    visit.say(visit.text("Your password is changed. All other sessions have ended."))
    target = "code" if opened.session.waits else "account"
    response = visit.go(target)
    visit.cookies.write(visit.request, response, opened.secret)
    return response


def _factor(visit: Visit) -> Answer:
    """Offer a second factor, and put it into force when a code of it comes."""
    name, factors = visit.caller.account, visit.console.factors
    if factors.of(name):
        return visit.go("account")
    if visit.request.method != "POST":
        return _offered(visit)
    if "code" not in visit.form:
        factors.offer(visit.session)
        return visit.go("account_factor")
    try:
        opened, codes = factors.confirm(visit.session, visit.form["code"])
    except HubError as error:
        if error.fault is not Fault.UNAUTHENTICATED:
            raise
        return _offered(visit, {"code": visit.problem(error)}), 400
    # The session has another secret, and forms another token, from here on.
    visit.current = Current(opened.secret, opened.session)
    response = visit.answer(visit.render("account/recovery.html", codes=codes))
    visit.cookies.write(visit.request, response, opened.secret)
    return response


def _offered(visit: Visit, errors: Mapping[str, str] = MappingProxyType({})) -> str:
    offer = visit.console.factors.offered(visit.session)
    if offer is None:
        return visit.render("account/factor.html", offer=None, errors=errors)
    # In groups of four, as people read it off.
    key = " ".join(offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4))
    picture = _picture(offer.uri)
    return visit.render(
        "account/factor.html", offer=offer, key=key, picture=picture, errors=errors
    )


class Picture(NamedTuple):
    """A QR code to draw."""

    size: int
    """Of its square, in modules"""
    path: str
    """The dark modules, as an SVG path"""


def _picture(text: str) -> Picture:
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=_BORDER)]
    runs: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return Picture(len(rows), "".join(runs))


def _factor_remove(visit: Visit) -> Answer:
    """With a code: whoever finds the browser open cannot take it off."""
    if visit.console.factors.of(visit.caller.account) is None:
        return visit.go("account")
    if visit.request.method != "POST":
        return visit.render("account/factor_remove.html", errors={})
    form = Form(visit)
    try:
        visit.console.factors.remove(visit.session, visit.form.get("code", ""))
    except HubError as error:
        form.refuse(error)
        form.errors.setdefault("code", form.errors.pop("form", ""))
        return form.again("account/factor_remove.html")
    visit.say(visit.text("The second factor is removed. Log in again."))
    response = visit.go("login")
    visit.cookies.write(visit.request, response, "")
    return response


def _digest(visit: Visit, name: str) -> Answer:
    """What is on is switched off, and what is off on."""
    text, deliveries = visit.text, visit.console.deliveries
    known = {item.name: item for item in deliveries.digests(visit.caller.account)}
    if name not in known:
        raise HubError(Fault.ABSENT, f"there is no digest {name[:80]!r} for this account")
    found = known[name]
    deed = Deed(
        text("Switch this digest off?") if found.on else text("Switch this digest on?"),
        [
            text(
                "It is called %(title)s and goes to %(address)s.",
                title=found.title,
                address=found.address,
            ),
            text("It has what is new from then on, as far as you may see it."),
        ],
        text("Switch it off") if found.on else text("Switch it on"),
        link("account"),
        text("The digest is switched off.") if found.on else text("The digest is switched on."),
    )
    return ask(visit, deed, lambda: deliveries.switch(visit.caller, name, on=not found.on))


def _session_end(visit: Visit, session_id: str) -> Answer:
    known = {item.id: item for item in visit.console.logins.list(visit.caller.account)}
    session, text = known.get(session_id), visit.text
    if session is None:
        visit.say(text("This session has ended already."), "warn")
        return visit.go("account")
    if session_id == visit.session.id:
        return visit.go("account_sessions_end")
    deed = Deed(
        text("End this session?"),
        [
            text("Its browser has to log in again; what was filled in there is not sent."),
            text("It came from %(address)s.", address=session.address),
        ],
        text("End it"),
        link("account"),
        text("The session has ended."),
    )
    return ask(visit, deed, lambda: visit.console.logins.end(visit.session, session_id))


def _sessions_end(visit: Visit) -> Answer:
    text, logins = visit.text, visit.console.logins
    count = len(logins.list(visit.caller.account))
    deed = Deed(
        text("Log out everywhere?"),
        [
            visit.plural("%(num)s session ends at once.", "%(num)s sessions end at once.", count),
            text("This browser is logged out, too. Tokens go on working."),
        ],
        text("Log out everywhere"),
        link("account"),
        "",
    )
    if visit.request.method != "POST":
        return ask(visit, deed, lambda: None)
    logins.end(visit.session)
    visit.say(text("You are logged out everywhere."))
    response = visit.go("login")
    visit.cookies.write(visit.request, response, "")
    return response
