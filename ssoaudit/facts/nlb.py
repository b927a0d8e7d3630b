"""Whether Network Load Balancing is bound to an interface: a master secret server must not stand on an NLB cluster."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class NlbInterface(Part):
    """An interface that NLB was configured for, by its adapter's GUID. `cluster_address` may be 0.0.0.0."""

    id: ShortText
    cluster_address: ShortText | None
    cluster_name: ShortText | None


class NlbBinding(Part):
    """The NLB driver at a network adapter, and whether it is enabled there."""

    adapter: ShortText
    component: ShortText
    is_enabled: bool | None


class NlbNode(Part):
    """A member of an NLB cluster as this machine knows it. `status_code` is `MicrosoftNLB_Node.StatusCode`."""

    computer_name: ShortText | None
    host_priority: int | None
    dedicated_address: ShortText | None
    status_code: int | None


class Nlb(Fact):
    r"""Network Load Balancing on the machine: installed, configured, bound.

    Source: `StdRegProv` below `HKLM\SYSTEM\CurrentControlSet\Services\WLBS` (`is_installed` says that the driver's key
    exists) and `…\Parameters\Interface`; `MSFT_NetAdapterBindingSettingData` in `root/StandardCimv2` with component
    `ms_wlbs` (or `ms_nlb`); `MicrosoftNLB_Node` in `root/MicrosoftNLB`,
    https://learn.microsoft.com/previous-versions/windows/desktop/wlbsprov/network-load-balancing-classes. `nodes` is
    None where NLB is configured for no interface, or that namespace is missing, as it is without the feature. Registry
    and bindings are readable by Users, `nodes` needs a local administrator. It cannot see a load balancer outside the
    machine. Values of the interface are confirmed by Microsoft's pages, the driver's component id by the network
    configuration headers.
    """

    topic: ClassVar[str] = "nlb"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SYSTEM\CurrentControlSet\Services\WLBS`, `MSFT_NetAdapterBindingSettingData`, "
        "`MicrosoftNLB_Node`"
    )
    privilege: ClassVar[str] = "none; local administrator for `MicrosoftNLB_Node`"
    unseen: ClassVar[str] = "a load balancer in front of the machines"

    is_installed: bool
    interfaces: Annotated[tuple[NlbInterface, ...], Field(max_length=64)]
    bindings: Annotated[tuple[NlbBinding, ...], Field(max_length=64)]
    nodes: Annotated[tuple[NlbNode, ...] | None, Field(max_length=64)]
