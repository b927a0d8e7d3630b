"""How the collector itself fares on a server; asked by the pilot kit alone."""

from typing import ClassVar

from ssoaudit.facts.fact import Fact, Part, Scope


class Trial(Part):
    """One function of the node script, tried: what it answered, or the error's text and code, and how long it took.

    `works` without an answer: there was nothing on the server to try it on.
    """

    name: str
    works: bool
    answer: str | None
    error: str | None
    code: str | None
    milliseconds: int


class NamesBelow(Part):
    """The names of a registry key's subkeys and values, without their data; None where they cannot be read."""

    key: str
    keys: tuple[str, ...] | None
    values: tuple[str, ...] | None


class SelfTest(Fact):
    r"""What the collector's functions do on a server, and what they find there.

    `framework_version` is .NET Framework's, `build` and `installation` (`Server`, `Server Core`) are Windows', all from
    the registry. `code_page` is that of the console's output, `temp_path` where a compiler would write. `padding` is
    the number of characters of a long parameter that arrived; it is printed again, so that output comes in pieces.
    `trials` try each function that readers share, by name; those that compile or log on follow `--no-compile` and
    `--no-s4u`. `names_below` lists names of the registry keys of ENTSSO, BizTalk Server and Host Integration Server.
    Asked for by `ssoaudit pilot` alone. Needs a local administrator.
    """

    topic: ClassVar[str] = "self_test"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "the sources above; "
        r"`HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`, "
        r"`HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full`, "
        r"`HKLM\SYSTEM\CurrentControlSet\Services\RpcSs`; "
        r"the names below `HKLM\SOFTWARE\Microsoft\ENTSSO`, its subkey `SQL`, "
        r"`HKLM\SOFTWARE\Microsoft\BizTalk Server\3.0` and `HKLM\SOFTWARE\Microsoft\Host Integration Server`"
    )
    privilege: ClassVar[str] = "as above; what is denied is told"
    unseen: ClassVar[str] = "what is stored under the names that it lists"

    framework_version: str | None
    build: str | None
    installation: str | None
    code_page: int
    temp_path: str
    padding: int
    trials: tuple[Trial, ...]
    names_below: tuple[NamesBelow, ...]
