"""The healthy cluster, with something altered in it."""

from typing import Any

from ssoaudit.facts import ClusterResource, ClusterView
from ssoaudit.facts.cluster_view import Dependency
from ssoaudit.lab.estate import NODES, healthy

OTHER_ID = "5b0f1f0e-6f0c-4a3f-9d0a-00000000000f"


def view(**entsso: Any) -> ClusterView:
    """The cluster with its ENTSSO resource altered."""
    cluster = healthy().machines[NODES[0]].facts[ClusterView.topic]
    assert isinstance(cluster, ClusterView)
    return altered(cluster, "ENTSSO", **entsso)


def altered(cluster: ClusterView, name: str, /, **changes: Any) -> ClusterView:
    """The cluster with the resource of that name altered."""
    resources = tuple(
        resource.model_copy(update=changes) if resource.name == name else resource for resource in cluster.resources
    )
    return cluster.model_copy(update={"resources": resources})


def with_resource(cluster: ClusterView, resource: ClusterResource, expression: str | None = None) -> ClusterView:
    """The cluster with one more resource, and what that depends on."""
    dependency = Dependency(resource_id=resource.id, expression=expression, error=None)
    return cluster.model_copy(
        update={
            "resources": (*cluster.resources, resource),
            "dependencies": (*cluster.dependencies, dependency),
        }
    )


def another_service(**changes: Any) -> ClusterView:
    """The cluster with a second Generic Service resource."""
    cluster = view()
    return with_resource(cluster, cluster.entsso.model_copy(update={"id": OTHER_ID, **changes}))


def another_name(name: str, **changes: Any) -> ClusterView:
    """The cluster with a second Network Name resource in the same group."""
    cluster = view()
    first = cluster.resource("SSOMSS")
    assert first is not None
    second = {"id": OTHER_ID, "name": name, "network_name": name, "dns_name": name}
    return with_resource(cluster, first.model_copy(update={**second, **changes}))


def depends(cluster: ClusterView, name: str, expression: str | None, error: str | None = None) -> ClusterView:
    """The cluster with another dependency expression of a resource; resources stand in it by name."""
    for resource in cluster.resources:
        expression = expression and expression.replace(f"[{resource.name}]", f"[{resource.id}]")
    dependent = cluster.resource(name)
    assert dependent is not None
    dependencies = tuple(
        Dependency(resource_id=dependent.id, expression=expression, error=error)
        if dependency.resource_id == dependent.id
        else dependency
        for dependency in cluster.dependencies
    )
    return cluster.model_copy(update={"dependencies": dependencies})
