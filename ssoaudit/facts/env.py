"""Who answered, and in what shell."""

from typing import ClassVar

from pydantic import AwareDatetime

from ssoaudit.facts.fact import Fact, Scope

NETBIOS_LENGTH = 15
"""The characters of a computer's name that Windows keeps in the NetBIOS name."""


class Env(Fact):
    """The PowerShell that read the server, and the machine and account it ran as.

    Source: `$env:COMPUTERNAME`, `$PSVersionTable`, `WindowsIdentity.GetCurrent`. Needs no privilege.
    `time` is the server's clock (UTC) when the reader ran. `computer_name` is the NetBIOS name, at most 15
    characters: without it no other fact of the server is believed.
    """

    topic: ClassVar[str] = "env"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "`$env:COMPUTERNAME`, `$PSVersionTable`, the process's token"
    privilege: ClassVar[str] = "none"
    unseen: ClassVar[str] = "whether the account could do more than read"

    computer_name: str
    time: AwareDatetime
    powershell_version: str
    language_mode: str
    is_64_bit: bool
    culture: str
    user: str
    user_sid: str
    is_elevated: bool
