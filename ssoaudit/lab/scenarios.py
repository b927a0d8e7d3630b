"""The lab's scenarios: what a first scan of a real estate shows, a node that is down, and the healthy shapes."""

from collections.abc import Callable
from dataclasses import replace

from ssoaudit.facts import ClusterView, MasterSecretIds, MsdtcIdentities
from ssoaudit.lab.estate import BIZTALK, NODES, LabEstate, healthy
from ssoaudit.lab.estate.shapes import DEDICATED, SHAPES

DEFAULT = "first-scan"


def first_scan() -> LabEstate:
    """A cluster that works until it fails over: no dependency on the name, no secret on the second node, clones."""
    estate = healthy().alter_cluster(without_dependency)
    estate = estate.alter(NODES[1], MasterSecretIds(is_present=False, names=()))
    return with_clones(estate, *BIZTALK)


def unreachable_node() -> LabEstate:
    """The healthy estate, with nothing listening on the second node."""
    return replace(healthy(), unreachable=frozenset({NODES[1]}))


def without_dependency(view: ClusterView) -> ClusterView:
    """The view with ENTSSO depending on nothing."""
    dependencies = tuple(
        dependency.model_copy(update={"expression": None}) if dependency.resource_id == view.entsso.id else dependency
        for dependency in view.dependencies
    )
    return view.model_copy(update={"dependencies": dependencies})


def with_clones(estate: LabEstate, original: str, *clones: str) -> LabEstate:
    """The estate with the MSDTC identities of one machine on others, as cloning leaves them."""
    identities = estate.machines[original].facts[MsdtcIdentities.topic]
    for clone in clones:
        estate = estate.alter(clone, identities)
    return estate


SCENARIOS: dict[str, Callable[[], LabEstate]] = {
    DEFAULT: first_scan,
    "healthy": healthy,
    "unreachable-node": unreachable_node,
    **{name: shape for name, shape in SHAPES.items() if name != DEDICATED},
}
