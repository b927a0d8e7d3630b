"""Who may, and who may not, log on as a service."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ssoaudit.facts.fact import Fact, Scope


class LogonRights(Fact):
    r"""The direct holders of `SeServiceLogonRight` and `SeDenyServiceLogonRight` on a server, as SIDs.

    Members of a group that holds a right are not listed: the group is. A holder that secedit wrote by name, and that
    does not resolve, stands by name. `method` is `lsa` (`LsaEnumerateAccountsWithUserRight`, access mask 0x801,
    through a small compiled type; the C# compiler writes temporary files and removes them) or `secedit` (an exported
    file, only where compiling failed and temporary files were allowed). Needs a local administrator.
    Source: [MS-LSAD]. `S-1-5-80-0` is NT SERVICE\ALL SERVICES, which does not cover a domain account.
    """

    topic: ClassVar[str] = "logon_rights"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "the local security policy, opened to view it and to look up names (0x801); where compiling fails, "
        "and only with `--allow-temp-files`, an export by `secedit.exe`"
    )
    privilege: ClassVar[str] = "local administrator"
    unseen: ClassVar[str] = (
        "members of the groups that hold a right: the group stands there; whether the account was changed since the "
        "service logged on"
    )

    method: Literal["lsa", "secedit"]
    service: Annotated[tuple[str, ...], Field(max_length=1000)]
    deny_service: Annotated[tuple[str, ...], Field(max_length=1000)]
