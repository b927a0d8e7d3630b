"""Which master secrets a server holds: names only, never a byte of them."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.fact import Fact, Scope
from ssoaudit.facts.guid import guid


class MasterSecretIds(Fact):
    r"""The ids of the master secrets in the server's registry.

    Source: names of the subkeys of `HKLM\SOFTWARE\Microsoft\ENTSSO\SSOSS`, read with `StdRegProv.EnumKey`, which
    returns names only. A name is the GUID of a secret; usually there are two, the current and the previous one.
    `is_present` is False where the key does not exist. A name that is no GUID is kept as it is.
    Needs a local administrator as a rule. See https://learn.microsoft.com/biztalk/core/single-sign-on-event-10520.
    """

    topic: ClassVar[str] = "master_secret_ids"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"names of the subkeys of `HKLM\SOFTWARE\Microsoft\ENTSSO\SSOSS`, by `EnumKey`, which returns names "
        "alone"
    )
    privilege: ClassVar[str] = "local administrator as a rule"
    unseen: ClassVar[str] = "whether a secret can be decrypted: a name does not prove it"

    is_present: bool
    names: Annotated[tuple[str, ...], Field(max_length=64)]

    @property
    def ids(self) -> frozenset[str]:
        """The names that are GUIDs, lower case and without braces; the zero GUID is nobody's."""
        return frozenset(known for known in map(guid, self.names) if known)
