"""A server knows the time."""

from ssoaudit.facts import Env
from ssoaudit.plugin import ALL_PROFILES, Grade, Outcome, Severity, Stage, Target, check, passed


@check(
    title="The server tells the time",
    each=Target.SERVER,
    severity=Severity.LOW,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
)
def clock_is_told(env: Env) -> Outcome:
    """A certificate is judged by it."""
    return passed(f"{env.time} on {env.computer_name}")
