"""What switches an account, a token or a certificate off or on, each behind a page that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hub.errors import Fault, HubError
from hub.model.party import Account, Role
from hub.model.session import Outcome
from hub.service.admin import Admin
from hub.service.certificates import Certificates, has_valid
from hub.service.changes import find
from hub.store.base import Act
from hub.web.address import link
from hub.web.admin.accounts import guard_of, tokens_of
from hub.web.admin.deeds import Deed, ask
from hub.web.admin.forms import mark
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

_ONLY = frozenset({Role.ADMINISTRATOR})


def pages() -> list[Page]:
    """`/admin/accounts/<name>/<deed>`, and the ends of tokens and certificates."""
    both = ("GET", "POST")
    return [
        Page("admin_account_deed", _account, both, _ONLY, "admin"),
        Page("admin_token_revoke", _token, both, _ONLY, "admin"),
        Page("admin_certificate_revoke", _certificate, both, _ONLY, "admin"),
    ]


def _account(visit: Visit, name: str, deed: str) -> Answer:
    known = find(visit.directory.accounts, name, "account")
    if deed not in _DEEDS:
        raise HubError(Fault.ABSENT, "there is nothing at this address")
    made, do = _DEEDS[deed](visit, known)
    back = link("admin_account", name=name)
    return ask(visit, made._replace(back=back), do, mark(known))


_Made = tuple[Deed, Callable[[], object]]


def _admin(visit: Visit, name: str) -> Admin:
    return Admin(visit.console.store, visit.caller, guard_of(visit, name))


def _disable(visit: Visit, known: Account) -> _Made:
    name, text, plural = known.name, visit.text, visit.plural
    tokens = len(tokens_of(visit.directory, name))
    sessions = len(visit.console.store.list_sessions(name))
    deed = Deed(
        text("Switch %(name)s off?", name=name),
        [
            text(
                "Nobody can log in as this account, and none of its tokens and certificates works."
            ),
            plural("%(num)s token stops working.", "%(num)s tokens stop working.", tokens),
            plural("%(num)s session ends at once.", "%(num)s sessions end at once.", sessions),
            text(
                "What it published stays. You can switch it on again; sessions do not come back."
            ),
        ],
        text("Switch off"),
        "",
        text("The account %(name)s is off.", name=name),
    )
    return deed, lambda: _admin(visit, name).disable_account(name, disabled=True)


def _enable(visit: Visit, known: Account) -> _Made:
    name, text = known.name, visit.text
    tokens = len(tokens_of(visit.directory, name))
    deed = Deed(
        text("Switch %(name)s on?", name=name),
        [
            text("Its owner can log in again with the password from before."),
            visit.plural("%(num)s token works again.", "%(num)s tokens work again.", tokens),
        ],
        text("Switch on"),
        "",
        text("The account %(name)s is on.", name=name),
        danger=False,
    )
    return deed, lambda: _admin(visit, name).disable_account(name, disabled=False)


def _reset_factor(visit: Visit, known: Account) -> _Made:
    name, text = known.name, visit.text
    sessions = len(visit.console.store.list_sessions(name))

    def do() -> None:
        act = Act(visit.caller.account, visit.caller.org, "second-factor.reset", name)
        if visit.console.store.drop_factor(name, act).outcome is not Outcome.PASSED:
            raise HubError(Fault.ABSENT, f"there is no second factor of an account {name}")

    deed = Deed(
        text("Remove the second factor of %(name)s?", name=name),
        [
            text("Its password alone opens the account then. Be sure that the right person asks."),
            text("Its recovery codes stop working, and it can set up another second factor."),
            visit.plural(
                "%(num)s session ends at once.", "%(num)s sessions end at once.", sessions
            ),
        ],
        text("Remove the second factor"),
        "",
        text("The second factor of %(name)s is removed.", name=name),
    )
    return deed, do


def _end_sessions(visit: Visit, known: Account) -> _Made:
    name, text = known.name, visit.text
    sessions = len(visit.console.store.list_sessions(name))

    def do() -> None:
        act = Act(visit.caller.account, visit.caller.org, "session.end", name)
        visit.console.store.end_sessions(act, account=name)

    deed = Deed(
        text("End all sessions of %(name)s?", name=name),
        [
            visit.plural(
                "%(num)s session ends at once.", "%(num)s sessions end at once.", sessions
            ),
            text("Whoever has the password can log in again. Tokens go on working."),
        ],
        text("End the sessions"),
        "",
        text("The sessions of %(name)s have ended.", name=name),
    )
    return deed, do


def _require(visit: Visit, known: Account) -> _Made:
    name, text = known.name, visit.text
    tokens = len(tokens_of(visit.directory, name))
    has_one = has_valid(visit.directory, name)
    deed = Deed(
        text("Let %(name)s in with a client certificate only?", name=name),
        [
            text("No password and no token counts without a client certificate of the account."),
            visit.plural("This touches %(num)s token.", "This touches %(num)s tokens.", tokens),
            text("It has a certificate that is valid now.")
            if has_one
            else text("It has no valid certificate: nobody can use it until it gets one."),
        ],
        text("Require a certificate"),
        "",
        text("The account %(name)s needs a certificate now.", name=name),
    )
    return deed, lambda: Certificates(_admin(visit, name)).require(name, required=True)


def _require_not(visit: Visit, known: Account) -> _Made:
    name, text = known.name, visit.text
    deed = Deed(
        text("Let %(name)s in without a certificate?", name=name),
        [text("Its password and its tokens count alone again.")],
        text("Require none"),
        "",
        text("The account %(name)s needs no certificate any more.", name=name),
    )
    return deed, lambda: Certificates(_admin(visit, name)).require(name, required=False)


_DEEDS: Mapping[str, Callable[[Visit, Account], _Made]] = MappingProxyType(
    {
        "disable": _disable,
        "enable": _enable,
        "reset-factor": _reset_factor,
        "end-sessions": _end_sessions,
        "require": _require,
        "require-not": _require_not,
    }
)


def _token(visit: Visit, token_id: str) -> Answer:
    by_name = {item.id: item for item in visit.directory.tokens.values()}
    text, token = visit.text, by_name.get(token_id)
    if token is None:
        visit.say(text("There is no token %(name)s any more.", name=token_id), "warn")
        return visit.go("admin_tokens")
    deed = Deed(
        text("Revoke the token %(name)s?", name=token_id),
        [
            text("Programs that use it are refused at once. It cannot be made good again."),
            text("It is of the account %(name)s.", name=token.account),
            *([text("It is for: %(label)s", label=token.label)] if token.label else []),
        ],
        text("Revoke"),
        link("admin_tokens"),
        text("The token %(name)s is revoked.", name=token_id),
    )
    admin = Admin(visit.console.store, visit.caller)
    return ask(visit, deed, lambda: admin.revoke_token(token_id))


def _certificate(visit: Visit, certificate_id: str) -> Answer:
    by_name = {item.id: item for item in visit.directory.certificates.values()}
    text, known = visit.text, by_name.get(certificate_id)
    if known is None:
        visit.say(text("There is no certificate %(name)s any more.", name=certificate_id), "warn")
        return visit.go("admin_certificates")
    account = visit.directory.accounts.get(known.account)
    others = [
        item
        for item in visit.directory.certificates.values()
        if item.account == known.account and item.id != known.id
    ]
    deed = Deed(
        text("Revoke the certificate %(name)s?", name=certificate_id),
        [
            text("It is refused at once. It cannot be made good again."),
            text("It is of the account %(name)s.", name=known.account),
            visit.plural(
                "The account has %(num)s other certificate.",
                "The account has %(num)s other certificates.",
                len(others),
            ),
            *(
                [text("The account is let in with a client certificate only.")]
                if account and account.certificate_only
                else []
            ),
        ],
        text("Revoke"),
        link("admin_certificates"),
        text("The certificate %(name)s is revoked.", name=certificate_id),
    )
    certificates = Certificates(Admin(visit.console.store, visit.caller))
    return ask(visit, deed, lambda: certificates.revoke(certificate_id))
