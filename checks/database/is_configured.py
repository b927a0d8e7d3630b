"""SSODB must be configured, and hold exactly one row of global settings."""

from ssoaudit.facts import GlobalInfo
from ssoaudit.facts.sso_groups import accounts_in
from ssoaudit.plugin import (
    ALL_PROFILES,
    Grade,
    Inventory,
    Missing,
    Outcome,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
)

SOURCE = "SSOX_GlobalInfo"
NAMES = ("gi_SecretServer", "gi_SSOAdminGroup", "gi_AffiliateAppMgrGroup")


@check(
    title="SSODB is configured",
    each=Target.DATABASE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-display-the-sso-database-information",
        "https://learn.microsoft.com/biztalk/core/how-to-update-the-sso-database",
    ),
)
def is_configured(info: GlobalInfo | Missing, inventory: Inventory) -> Outcome:
    """A database that was created but never configured holds five dashes in place of the master secret server and the
    groups: no SSO server can work with it. The table allows more than one row of settings; ENTSSO expects one."""
    if isinstance(info, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        return not_verified(f"SSODB could not be read: {info.message}", hint=info.hint)
    if len(info.rows) != 1:
        number = "no row" if not info.rows else "more than one row"
        return _failed(f"SSOX_GlobalInfo holds {number} of settings", number, ())
    row = info.rows[0]
    values: dict[str, str] = {name: getattr(row, name) for name in NAMES}
    evidence = tuple(Row(name, "configured", value, SOURCE) for name, value in values.items())
    empty = "; ".join(f"{name} is {value!r}" for name, value in values.items() if not accounts_in(value))
    if empty:
        return _failed(f"SSODB is not configured: {empty}", empty, evidence)
    return passed(f"SSODB is configured: {', '.join(values.values())}", evidence=evidence)


def _failed(text: str, observed: str, evidence: tuple[Row, ...]) -> Outcome:
    return failed(
        text,
        why="No SSO server can get a secret, and BizTalk cannot be configured against this database.",
        expected="one row that names the master secret server and both groups",
        observed=observed,
        evidence=evidence,
        fix=(Step("Configure Enterprise SSO on the first node: create the SSO system with both domain groups."),),
    )
