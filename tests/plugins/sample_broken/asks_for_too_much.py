"""Asks for what the engine cannot supply."""

from ssoaudit.plugin import ALL_PROFILES, Grade, Outcome, Severity, Stage, Target, check, passed


@check(
    title="Asks for too much",
    each=Target.ESTATE,
    severity=Severity.LOW,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
)
def asks_for_too_much(password: str) -> Outcome:
    """Nobody gets this."""
    return passed(f"{len(password)} characters")
