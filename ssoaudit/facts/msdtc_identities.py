"""Who MSDTC says it is: the contact identifiers (CIDs) that no two machines may share."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.fact import Fact, Part, Scope

DEFAULT_CONTACT = "MSDTCUIS"


class Cid(Part):
    """One identity: a GUID and what it stands for (`MSDTC`, `MSDTCUIS`, `MSDTCXATM`, `MSDTCTIPGW`)."""

    guid: str
    description: str | None

    @property
    def id(self) -> str:
        """The GUID, lower case and without braces."""
        return self.guid.strip("{}").lower()


class ClusteredCid(Part):
    """An identity that belongs to a clustered MSDTC, known by its resource's id."""

    resource_id: str
    guid: str
    description: str | None


class MsdtcIdentities(Fact):
    r"""The MSDTC identities in the registry of a machine.

    `contact` (`HKLM\SOFTWARE\Classes\CID`) is what clients on the machine use; it may be a clustered MSDTC's, so that
    several nodes rightly show the same one; `contact_32_bit` (`HKLM\SOFTWARE\Wow6432Node\Classes\CID`) is what 32-bit
    clients use, None where they share the other, as is inferred for 64-bit Windows. `local` (`…\CID.Local`) is the
    machine's own; None where that key does not exist, as on machines that were never in a cluster: there `contact` is
    the machine's own. `clustered` stands below `HKLM\Cluster\Resources`; None where that hive is not loaded. Source:
    [MS-CMOM] 2.2.1.2.2.4 and 3.2.4.1; `StdRegProv`. The cluster's hive needs a local administrator.
    """

    topic: ClassVar[str] = "msdtc_identities"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SOFTWARE\Classes\CID` and `CID.Local`, `HKLM\SOFTWARE\Wow6432Node\Classes\CID`, "
        r"`HKLM\Cluster\Resources\*\MSDTCPRIVATE\CID`"
    )
    privilege: ClassVar[str] = r"read the keys; local administrator for `HKLM\Cluster`"
    unseen: ClassVar[str] = "the clustered MSDTC while the cluster service is stopped"

    contact: Annotated[tuple[Cid, ...], Field(max_length=64)]
    contact_32_bit: Annotated[tuple[Cid, ...] | None, Field(max_length=64)]
    local: Annotated[tuple[Cid, ...] | None, Field(max_length=64)]
    clustered: Annotated[tuple[ClusteredCid, ...] | None, Field(max_length=200)]

    @property
    def own(self) -> tuple[Cid, ...]:
        """The identities of the machine's own MSDTC."""
        return self.contact if self.local is None else self.local
