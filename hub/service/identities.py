"""Which account somebody is whom an OpenID provider vouches for. Nobody gets one by logging in."""

from __future__ import annotations

import msgspec

from hub.errors import Fault, HubError
from hub.model.party import Directory
from hub.service.admin import Admin
from hub.service.changes import Plan, find
from hub.service.login import linked

_LONGEST_SUBJECT = 255


class Identities(Admin):
    """Links accounts with identities, on behalf of an administrator."""

    def link(self, name: str, issuer: str, subject: str) -> None:
        """Let an identity log in as the account; another one that could before cannot any more.

        The pair of issuer and subject is the only thing that a provider never gives to somebody
        else (OpenID Connect Core 1.0 section 5.7); names and addresses it may.

        Raises:
            HubError: ABSENT, BAD_REQUEST for an identity of another account.
        """
        if not (subject.isprintable() and 0 < len(subject) <= _LONGEST_SUBJECT):
            raise HubError(
                Fault.BAD_REQUEST,
                f"a subject has 1 to {_LONGEST_SUBJECT} characters, all of them printable",
                field="oidc-subject",
            )

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            other = linked(directory, issuer, subject)
            if other is not None and other.name != name:
                raise HubError(
                    Fault.BAD_REQUEST,
                    f"the account {other.name} is linked to that subject",
                    field="oidc-subject",
                    remedy=f"Run `hub account unlink {other.name}` first.",
                )
            changed = msgspec.structs.replace(account, oidc=(issuer, subject))
            return Plan([changed], [], "account.link", name, f"{issuer} {subject}")

        self.change(plan)

    def unlink(self, name: str) -> None:
        """Let no identity log in as the account.

        Raises:
            HubError: ABSENT.
        """

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, oidc=None)
            return Plan([changed], [], "account.unlink", name)

        self.change(plan)
