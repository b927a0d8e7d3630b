"""Which account ENTSSO runs as on a server, and what its name or its SID alone tells."""

from dataclasses import dataclass

from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.facts.identities import Identities, Token
from ssoaudit.facts.services import Services

BUILT_IN = frozenset(
    {
        "localsystem",
        ".\\localsystem",
        "nt authority\\system",
        "nt authority\\localservice",
        "nt authority\\local service",
        "nt authority\\networkservice",
        "nt authority\\network service",
    }
)
"""The accounts of Windows itself, which need no right to log on and are in no domain."""

BUILT_IN_SIDS = frozenset({"S-1-5-18", "S-1-5-19", "S-1-5-20"})
"""The same accounts, whose names a translated Windows may spell otherwise."""


@dataclass(frozen=True)
class ServiceAccount:
    """The account of ENTSSO on a server; `is_planned` where it is only recorded, ENTSSO not being set up yet."""

    name: str
    is_planned: bool

    @property
    def phrase(self) -> str:
        """What a sentence about ENTSSO goes on with."""
        return f"is to run as {self.name} (the inventory)" if self.is_planned else f"runs as {self.name}"


def account_of(services: Services, recorded: str | None, *, is_configured: bool | None) -> ServiceAccount | None:
    """The account of the ENTSSO service, or the recorded one where ENTSSO is not installed or not configured.

    None where neither is known: also where the service is there and its account could not be read, or is one of
    Windows itself, as setup leaves it, and whether ENTSSO is configured is not known (`is_configured` is None).
    """
    entsso = services.entsso
    if entsso is None or is_configured is False:
        return ServiceAccount(recorded, is_planned=True) if recorded else None
    name = entsso.start_name
    if not name or (is_configured is None and (is_built_in(name) or is_virtual(name))):
        return None
    return ServiceAccount(name, is_planned=False)


def is_built_in(account: str) -> bool:
    """Whether a name is that of an account of Windows itself, the same on every machine."""
    return account.casefold() in BUILT_IN


def is_virtual(account: str) -> bool:
    r"""Whether a name is that of a service's virtual account, `NT SERVICE\name`."""
    return account.casefold().startswith("nt service\\")


def is_managed(account: str) -> bool:
    """Whether the name is a group managed service account's, which ends with a dollar sign."""
    return account.partition("@")[0].endswith("$")


def is_local(account: str, machine: str) -> bool:
    r"""Whether a name says that the account is the machine's own: `.\account` or `MACHINE\account`."""
    prefix, separator, _ = account.rpartition("\\")
    return bool(separator) and prefix.casefold() in {".", machine.casefold(), machine[:NETBIOS_LENGTH].casefold()}


def token_of(identities: Identities, account: str) -> Token:
    """The token of an account, whichever spelling it was asked for in; raises `Lacking` where there is none."""
    sid = identities.resolved(account).sid
    for token in identities.tokens:
        if sid is not None and token.user_sid == sid:
            return token
    token = identities.token(account)
    if sid is not None:
        raise identities.lacks("tokens", f"{account}: the token is that of another account, {token.user_sid}")
    return token
