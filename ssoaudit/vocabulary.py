"""The words that every room shares: severities, states, stages, profiles, roles."""

from enum import Enum


class _Ordered(str, Enum):
    """Words with a rank: the order of their definition, so that a gate is a comparison."""

    @property
    def _rank(self) -> int:
        return list(type(self)).index(self)

    def __lt__(self, other: str) -> bool:
        return self._rank < type(self)(other)._rank

    def __le__(self, other: str) -> bool:
        return self._rank <= type(self)(other)._rank

    def __gt__(self, other: str) -> bool:
        return self._rank > type(self)(other)._rank

    def __ge__(self, other: str) -> bool:
        return self._rank >= type(self)(other)._rank


class Severity(_Ordered):
    """How much a failing check hurts."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(str, Enum):
    """What a check says of a target."""

    FAIL = "fail"
    NOT_VERIFIED = "not_verified"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_APPLICABLE = "not_applicable"


class Grade(str, Enum):
    """How well the rule behind a check is proved."""

    CONFIRMED = "confirmed"
    INFERRED = "inferred"


class Profile(str, Enum):
    """When the audit runs."""

    PREFLIGHT = "preflight"
    POST_FAILOVER = "post-failover"
    COMPLIANCE = "compliance"


class Stage(_Ordered):
    """How far the cluster is built: nodes prepared, group built, SSODB names the network name."""

    PLANNED = "planned"
    BUILT = "built"
    CLUSTERED = "clustered"


class ClusterRole(str, Enum):
    """What the cluster is for: the master secret server, a clustered SSO server, or hosts alone."""

    MASTER = "master"
    MEMBER = "member"
    HOSTS_ONLY = "hosts-only"


class Role(str, Enum):
    """What a server of the inventory does. One without a role is a plain SSO server."""

    CLUSTER = "cluster"
    BIZTALK = "biztalk"
    SQL = "sql"


class Source(str, Enum):
    """How a server's answers came: over WinRM, from PowerShell on the auditor's own machine, or in a file."""

    WINRM = "winrm"
    LOCAL = "local"
    FILE = "file"


class Target(str, Enum):
    """What a check is asked of, once each."""

    ESTATE = "estate"
    CLUSTER = "cluster"
    SERVER = "server"
    NODE = "node"
    MASTER = "master"
    BIZTALK_SERVER = "biztalk_server"
    MACHINE = "machine"
    DATABASE = "database"
    MANAGEMENT_DATABASE = "management_database"


class State(str, Enum):
    """What a reader sees of a finding, worst first; derived from status, severity, gate and waiver."""

    FAIL = "fail"
    NOT_VERIFIED = "not_verified"
    WARNING = "warning"
    WAIVED = "waived"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_APPLICABLE = "not_applicable"


class Verdict(str, Enum):
    """What the run says as a whole. `PASSED` is the READY of a narrowed run."""

    READY = "READY"
    PASSED = "PASSED"
    INCOMPLETE = "INCOMPLETE"
    NOT_READY = "NOT READY"
