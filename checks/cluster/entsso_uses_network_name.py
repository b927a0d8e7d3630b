"""ENTSSO must present the role's network name, not the node's, to its clients."""

from ssoaudit.facts import ClusterView
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Outcome,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_verified,
    passed,
    powershell,
)

SOURCE = "MSCluster_Resource.PrivateProperties"


@check(
    title="ENTSSO uses the network name for computer name",
    each=Target.CLUSTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.BUILT,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    requires=("cluster.entsso-is-generic-service",),
    references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
)
def entsso_uses_network_name(cluster: ClusterView) -> Outcome:
    """With the box "Use Network Name for computer name" unticked the service answers as the node, so every SSO
    client fails with 0x800706D9, "there are no more endpoints available from the endpoint mapper"."""
    entsso = cluster.entsso
    if entsso.use_network_name is None:
        return not_verified(
            f"UseNetworkName of {entsso.name} could not be read",
            hint="Look at the resource's General page in Failover Cluster Manager, or read as a local administrator.",
        )
    observed = f"UseNetworkName = {entsso.use_network_name}"
    row = Row(entsso.name, "UseNetworkName = 1", observed, SOURCE)
    if entsso.use_network_name == 1:
        return passed(f"{entsso.name} answers as its role's network name", evidence=(row,))
    owner = cluster.entsso_group.owner
    return failed(
        f"{entsso.name} does not use the network name: it answers as the node, now {owner}",
        why="SSO clients cannot find the master secret server through the cluster.",
        expected="UseNetworkName = 1",
        observed=observed,
        evidence=(row,),
        fix=(
            Step(
                'Tick "Use Network Name for computer name" of the resource.',
                on=owner,
                impact="none until ENTSSO restarts",
                command=powershell(
                    "Get-ClusterResource {resource} | Set-ClusterParameter UseNetworkName 1", resource=entsso.name
                ),
            ),
            Step(
                "Take the resource offline and bring it online again.",
                on=owner,
                impact="ENTSSO restarts",
                command=powershell(
                    "Stop-ClusterResource {resource}; Start-ClusterResource {resource}", resource=entsso.name
                ),
            ),
        ),
    )
