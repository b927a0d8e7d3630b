"""Who the accounts and groups are, and to which groups an account effectively belongs, as a server sees it."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.fact import Fact, Part, Scope

GROUP_KINDS = frozenset({2, 4, 5})
USER_KIND = 1
DOMAIN = "S-1-5-21-"


class ResolvedName(Part):
    """What a name resolved to.

    `kind` is `SID_NAME_USE` (1 user, 2 group, 4 alias, 5 well-known group); None where it could not be asked. Without
    a SID, `error` says why.
    """

    name: str
    sid: str | None
    kind: int | None
    error: str | None


class Token(Part):
    """The groups of an account's own token on this server, nested ones included; without it, `error` says why."""

    account: str
    user_sid: str | None
    group_sids: Annotated[tuple[str, ...], Field(max_length=2000)]
    error: str | None


class Identities(Fact):
    """The names that SSODB, the inventory and the ENTSSO service gave, resolved on a server.

    `names`: `NTAccount.Translate`, which asks through the machine's own channel. `tokens`: a Kerberos S4U logon for
    identification (`WindowsIdentity(upn)`), which leaves a logon event on the server and lists domain groups and the
    server's local ones; left out with `--no-s4u`. The service's own account is always among the names. LocalSystem is
    not, and the other accounts of Windows itself have no token here. `machine_sid`: of the local administrator
    (RID 500), without the RID; None on a domain controller, which has none.

    Source: `NTAccount`, `LookupAccountSidW`, `WindowsIdentity`, `Win32_UserAccount` and `Win32_Service`. The server has
    to reach a domain controller. That S4U answers for a caller without delegation is inferred from .NET's source, not
    seen on Windows.
    """

    topic: ClassVar[str] = "identities"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "`NTAccount.Translate` and `LookupAccountSidW`; a Kerberos logon for identification (S4U) per "
        "account; `Win32_Service` and `Win32_UserAccount` (the local administrator alone)"
    )
    privilege: ClassVar[str] = (
        "none of its own; the server reaches a domain controller, and its computer account may read the "
        "accounts' groups"
    )
    unseen: ClassVar[str] = (
        "groups of another forest that the server does not trust, and whether a trust works both ways; whether an "
        "account is locked, or was changed since it logged on"
    )

    machine_sid: str | None
    names: Annotated[tuple[ResolvedName, ...], Field(max_length=200)]
    tokens: Annotated[tuple[Token, ...], Field(max_length=200)]

    def resolved(self, name: str) -> ResolvedName:
        """What a name resolved to; raises `Lacking` where it was not asked for."""
        for resolved in self.names:
            if resolved.name.casefold() == name.casefold():
                return resolved
        raise self.lacks("names", f"{name} was not asked for")

    def token(self, account: str) -> Token:
        """An account's token; raises `Lacking` where there is none."""
        for token in self.tokens:
            if token.account.casefold() == account.casefold():
                if token.user_sid is None:
                    raise self.lacks("tokens", f"{account}: {token.error}")
                return token
        raise self.lacks("tokens", f"{account} was not asked for")

    def is_domain_sid(self, sid: str) -> bool:
        """Whether a SID is one of a domain, not of this machine or built in; `Lacking` where that is not known."""
        if not sid.startswith(DOMAIN):
            return False
        if self.machine_sid is None:
            raise self.lacks("machine_sid", "not read")
        return sid.rpartition("-")[0] != self.machine_sid
