"""What MSDTC admits from the network, on the machine and in each clustered MSDTC."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import Dword, ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class DtcSettings(Part):
    r"""The values of one MSDTC as they stand in its registry; None where there is no such value, and a default counts.

    Defaults: 0, but `lu_transactions` and `allow_only_secure_rpc_calls` 1; the account NT AUTHORITY\NetworkService; no
    fixed port. The port may stand in either key: `server_tcp_port` in MSDTC, `security_server_tcp_port` in
    MSDTC\Security.
    """

    network_dtc_access: Dword | None
    network_dtc_access_transactions: Dword | None
    network_dtc_access_inbound: Dword | None
    network_dtc_access_outbound: Dword | None
    network_dtc_access_admin: Dword | None
    network_dtc_access_clients: Dword | None
    network_dtc_access_tip: Dword | None
    xa_transactions: Dword | None
    lu_transactions: Dword | None
    allow_only_secure_rpc_calls: Dword | None
    fallback_to_unsecure_rpc: Dword | None
    turn_off_rpc_security: Dword | None
    server_tcp_port: Dword | None
    security_server_tcp_port: Dword | None
    account_name: ShortText | None


class ClusteredDtc(Part):
    """The settings of a clustered MSDTC, known by its resource's id. They never fall back to the machine's own."""

    resource_id: ShortText
    settings: DtcSettings


class RegistryText(Part):
    """A registry value that is plain text; `text` is None where it is empty."""

    value_name: ShortText
    text: ShortText | None


class TmMapping(Part):
    """Which MSDTC a program uses: `kind` is Service, Exe or ComPlus. What its values are called is not documented."""

    kind: ShortText
    mapping_name: ShortText
    mapping_values: Annotated[tuple[RegistryText, ...], Field(max_length=32)]


class MsdtcSecurity(Fact):
    r"""The configured security of the machine's MSDTC (`local`) and of each clustered one, as raw values.

    Source: `StdRegProv`; `HKLM\SOFTWARE\Microsoft\MSDTC` and `…\Security`, [MS-CMOM] 2.2.1.2.2.1-3 and 2.2.3.2-4,
    https://learn.microsoft.com/troubleshoot/windows-server/application-management/new-functionality-in-msdtc-service;
    clustered: `HKLM\Cluster\Resources\<id>\MSDTCPRIVATE\MSDTC`, listed for every resource that has the key
    `MSDTCPRIVATE`. `mappings` are the keys below `HKLM\Cluster\MSDTC\TMMapping`, `cluster_values` the texts of
    `HKLM\Cluster\MSDTC`. `local` is None where the machine has no MSDTC key; `clustered`, `mappings` and
    `cluster_values` are None where the cluster's hive is not loaded (no cluster, or its service is stopped), and
    lacking where it is denied. Needs a local administrator for the cluster's hive.

    It tells what is configured, not what a running MSDTC started with (event 4202 does). The settings' names are
    confirmed by [MS-CMOM], those of a mapping's values are inferred.
    """

    topic: ClassVar[str] = "msdtc_security"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SOFTWARE\Microsoft\MSDTC` and its subkey `Security`; the same below "
        r"`HKLM\Cluster\Resources\*\MSDTCPRIVATE`; `HKLM\Cluster\MSDTC`"
    )
    privilege: ClassVar[str] = r"read the keys; local administrator for `HKLM\Cluster`"
    unseen: ClassVar[str] = "the settings that MSDTC runs with: they are those of its last start"

    local: DtcSettings | None
    clustered: Annotated[tuple[ClusteredDtc, ...] | None, Field(max_length=64)]
    mappings: Annotated[tuple[TmMapping, ...] | None, Field(max_length=200)]
    cluster_values: Annotated[tuple[RegistryText, ...] | None, Field(max_length=64)]
