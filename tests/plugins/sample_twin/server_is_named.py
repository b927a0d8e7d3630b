"""A server has a name."""

from ssoaudit.facts import Env
from ssoaudit.plugin import ALL_PROFILES, Grade, Outcome, Severity, Stage, Target, check, passed


@check(
    title="The server has a name",
    each=Target.SERVER,
    severity=Severity.LOW,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
)
def server_is_named(env: Env) -> Outcome:
    """Without a name nobody
    can call it."""
    return passed(f"{env.computer_name} has a name")
