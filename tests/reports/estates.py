"""The results of one made-up estate, one for each verdict."""

from ssoaudit.result import (
    Finding,
    FixStep,
    Narrowing,
    Observation,
    Result,
    ServerRecord,
)
from ssoaudit.vocabulary import Role, Severity, Status, Target
from tests.reports import results

_DEPENDS = "cluster.entsso-depends-on-network-name"
_SECRET = "secret.master-secret-matches-ssodb"
_CIDS = "msdtc.cids-are-unique"
_BACKUP = "secret.backup-is-current"
_SSODB_BACKUP = "database.ssodb-is-backed-up"
_VERSIONS = "entsso.versions-are-equal"
_NODES = ("SSONODE1", "SSONODE2", "SSONODE3")
_BIZTALK = ("BTSAPP01", "BTSAPP02", "BTSAPP03")
_EVERY_NODE = (
    "cluster.network-name-resolves",
    "cluster.service-start-is-manual",
    "entsso.account-may-log-on-as-a-service",
    "entsso.account-is-the-same",
    "msdtc.network-access-is-enabled",
    "msdtc.authentication-is-mutual",
    "secret.registry-holds-a-master-secret",
)
_CLUSTER_WIDE = (
    "cluster.entsso-is-generic-service",
    "cluster.msdtc-is-clustered",
    "cluster.possible-owners-are-complete",
    "cluster.quorum-witness-is-online",
)


def not_ready() -> Result:
    """Three blocking findings, a node that did not answer, warnings, and checks that wait for another."""
    return results.result(
        (_no_dependency(), _other_secret(), _same_cid(), *_waiting(), *_warnings(), *_unread(), *_passing(_NODES[:2])),
        servers=(*_servers(silent="SSONODE3"), results.server("SQLSSO01", Role.SQL)),
        subline="3 blocking findings. 1 possible owner node could not be read.",
        not_covered=("BizTalk management database",),
    )


def incomplete() -> Result:
    """Nothing fails, and one possible owner did not answer."""
    return results.result(
        (*_unread(), *_passing(_NODES[:2])),
        servers=(*_servers(silent="SSONODE3"), results.server("SQLSSO01", Role.SQL)),
        subline="No blocking finding, but 7 results at high or above could not be collected.",
    )


def ready() -> Result:
    """Everything passes but for two warnings."""
    return results.result(
        (*_warnings(), *_passing(_NODES)),
        servers=(*_servers(silent=None), results.server("SQLSSO01", Role.SQL)),
        subline="0 blocking findings. 2 warnings.",
    )


def narrowed() -> Result:
    """One check alone was asked, and passes."""
    check = "cluster.entsso-is-generic-service"
    return results.result(
        (_of_cluster(check, Status.PASS),),
        narrowed=Narrowing(only=(check,), skip=(), evaluated=1, known=85),
        subline="1 of 85 checks was asked.",
        run=results.result().run.model_copy(update={"unsafe_options": ("--insecure-skip-certificate-check",)}),
        problems=("The plugin acme could not be loaded: no module named acme_sso",),
    )


def _servers(silent: str | None) -> tuple[ServerRecord, ...]:
    nodes = (results.server(name, Role.CLUSTER, answered=name != silent) for name in _NODES)
    return (*nodes, *(results.server(name, Role.BIZTALK) for name in _BIZTALK))


def _of_cluster(check: str, status: Status, **changes: object) -> Finding:
    return results.finding(check, "SSOCLU01", status, kind=Target.CLUSTER, **changes)


def _step(text: str, on: str, command: str, impact: str | None = None) -> FixStep:
    return FixStep(text=text, on=on, impact=impact, command=results.command(command))


def _no_dependency() -> Finding:
    return _of_cluster(
        _DEPENDS,
        Status.FAIL,
        severity=Severity.CRITICAL,
        text="ENTSSO does not depend on Network Name SSOMSS",
        why="After a failover ENTSSO can start before the name is online, and BizTalk servers cannot fetch the "
        "master secret from SSOMSS.",
        expected="Name: SSOMSS",
        observed="(no dependency)",
        evidence=(
            Observation(
                subject="Enterprise SSO",
                expected="Name: SSOMSS",
                observed="(no dependency)",
                source="root/MSCluster MSCluster_ResourceToDependentResource",
            ),
        ),
        fix=(
            _step(
                "Add the dependency on the Name resource.",
                "any cluster node",
                "Add-ClusterResourceDependency -Resource 'Enterprise SSO' -Provider 'SSOMSS'",
                "ENTSSO restarts: BizTalk servers cannot fetch the master secret for some seconds",
            ),
            _step("Prove it.", "the auditing host", f"ssoaudit run --profile preflight --only {_DEPENDS}"),
        ),
    )


def _other_secret() -> Finding:
    right, wrong = "9b2e61c4-0d3f-4c55-8a1e-52f0c6a97d31", "4f1c08d2-77ab-4e0e-9c3d-1be2d084a907"
    source = "HKLM\\SOFTWARE\\Microsoft\\ENTSSO\\SSOSS (id only)"
    return results.finding(
        _SECRET,
        "SSONODE2",
        Status.FAIL,
        severity=Severity.CRITICAL,
        text="SSONODE2 holds a different master secret from the one that encrypts SSODB",
        why="If the group moves to SSONODE2, no stored credential in SSODB can be decrypted.",
        expected=right,
        observed=wrong,
        evidence=(
            Observation(subject="SSODB", expected="(reference)", observed=right, source="SSODB, read-only query"),
            Observation(subject="SSONODE1", expected=right, observed=right, source=source),
            Observation(subject="SSONODE2", expected=right, observed=wrong, source=source),
        ),
        reasons=(results.reason("SSONODE3"),),
        fix=(
            _step(
                "Copy the backup to SSONODE2 and restore it there.",
                "SSONODE2, elevated",
                "cd 'C:\\Program Files\\Common Files\\Enterprise Single Sign-On'\n"
                ".\\ssoconfig -restoresecret .\\SSO.bak",
                "You are asked for the password of the backup",
            ),
            FixStep(
                text="Move the group back.",
                on="any cluster node",
                impact=None,
                command=results.command("Move-ClusterGroup -Name <GROUP>", complete=False),
            ),
        ),
    )


def _same_cid() -> Finding:
    return results.finding(
        _CIDS,
        "SSOCLU01",
        Status.FAIL,
        kind=Target.ESTATE,
        servers=("BTSAPP01", "BTSAPP02"),
        text="BTSAPP01 and BTSAPP02 share one MSDTC CID",
        why="Two hosts with the same CID cannot enlist in one transaction. Usual cause: cloned image.",
        expected="one CID for each server",
        observed="4a1c08d2-77ab-4e0e-9c3d-1be2d084a907 twice",
    )


def _waiting() -> tuple[Finding, ...]:
    """A check that waits for a failing one, and one that waits for that."""
    first = results.finding(
        "secret.backup-restores",
        "SSONODE2",
        Status.NOT_VERIFIED,
        blocked_by=_SECRET,
        reasons=(
            results.reason(None, "required", topic=None, message=f"{_SECRET} did not pass", hint="Fix it first."),
        ),
    )
    second = first.model_copy(update={"check": "secret.backup-is-off-host", "blocked_by": first.check})
    return first, second


def _warnings() -> tuple[Finding, ...]:
    return (
        results.finding(
            _BACKUP,
            "SSONODE2",
            Status.FAIL,
            severity=Severity.MEDIUM,
            text="Master secret backup on SSONODE2 is older than the current secret",
            why="Restoring it would bring back the wrong secret.",
        ),
        _of_cluster(
            "entsso.account-password-outlives-window",
            Status.FAIL,
            severity=Severity.MEDIUM,
            text="Password of CORP\\svc-entsso expires in 9 days",
            why="ENTSSO will not start on the next failover after 29 Nov 2026.",
        ),
    )


def _unread() -> tuple[Finding, ...]:
    """What SSONODE3 hides, and a database view that the operator may not read."""
    hidden = (
        results.finding(check, "SSONODE3", Status.NOT_VERIFIED, reasons=(results.reason("SSONODE3"),))
        for check in _EVERY_NODE
    )
    denied = results.reason(
        "SQLSSO01",
        "denied",
        topic="backup_history",
        message="SELECT permission was denied on msdb.dbo.backupset",
        hint="GRANT SELECT ON msdb.dbo.backupset to the auditing account.",
    )
    backup = results.finding(
        _SSODB_BACKUP,
        "SSODB",
        Status.NOT_VERIFIED,
        kind=Target.DATABASE,
        severity=Severity.LOW,
        servers=("SQLSSO01",),
        reasons=(denied,),
    )
    return (*hidden, backup)


def _passing(nodes: tuple[str, ...]) -> tuple[Finding, ...]:
    return (
        *(results.finding(check, name) for check in _EVERY_NODE for name in nodes),
        *(_of_cluster(check, Status.PASS, severity=Severity.CRITICAL) for check in _CLUSTER_WIDE),
        *(results.finding(_SECRET, name, severity=Severity.CRITICAL) for name in nodes[:1]),
        *(results.finding(_VERSIONS, name, severity=Severity.MEDIUM) for name in (*nodes, *_BIZTALK)),
        results.finding(
            "cluster.no-network-load-balancing",
            "SQLSSO01",
            Status.NOT_APPLICABLE,
            text="Network Load Balancing is not installed",
        ),
    )
