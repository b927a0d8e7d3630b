"""ENTSSO must present the role's network name, not the node's, to its clients."""

from ssoaudit.facts import ClusterView
from ssoaudit.facts.cluster_view import NETWORK_NAME
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
    client fails with 0x800706D9, "there are no more endpoints available from the endpoint mapper". The setting is
    read, not the name that ENTSSO took when it last started."""
    entsso = cluster.entsso
    if entsso.use_network_name is None:
        return not_verified(
            f"UseNetworkName of {entsso.name} could not be read",
            hint="Look at the resource's General page in Failover Cluster Manager, or read as a local administrator.",
        )
    observed = f"UseNetworkName = {entsso.use_network_name}"
    row = Row(entsso.name, "UseNetworkName = 1", observed, SOURCE)
    if entsso.use_network_name == 1:
        names = ", ".join(name.network_name or name.name for name in cluster.in_group(entsso.group, NETWORK_NAME))
        of_group = f" of its group, {names}" if names else ""
        return passed(f"{entsso.name} is set to use the network name{of_group}", evidence=(row,))
    return failed(
        f"{entsso.name} does not use the network name: it runs under the name of its node, now {entsso.owner}",
        why="SSO clients cannot find the master secret server through the cluster.",
        expected="UseNetworkName = 1",
        observed=observed,
        evidence=(row,),
        fix=(
            Step(
                'Tick "Use Network Name for computer name" of the resource.',
                on=entsso.owner,
                impact="none until ENTSSO restarts",
                command=powershell(
                    "Get-ClusterResource {resource} | Set-ClusterParameter UseNetworkName 1", resource=entsso.name
                ),
            ),
            Step(
                "Take the resource offline and bring it online again; what depends on it goes offline with it.",
                on=entsso.owner,
                impact="ENTSSO restarts",
                command=powershell(
                    "Stop-ClusterResource {resource}; Start-ClusterResource {resource}", resource=entsso.name
                ),
            ),
        ),
    )
