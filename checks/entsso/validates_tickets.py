"""Where SSO tickets are allowed they must be validated."""

from ssoaudit.facts import GlobalInfo, SqlSession
from ssoaudit.plugin import (
    Grade,
    Missing,
    Outcome,
    Profile,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    cmd,
    doubt_about_primary,
    failed,
    passed,
)

SOURCE = "SSOX_GlobalInfo.gi_flags"
ALLOWED = 0x20
VALIDATED = 0x40


@check(
    title="SSO tickets are validated",
    each=Target.DATABASE,
    severity=Severity.MEDIUM,
    profiles=(Profile.COMPLIANCE,),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    requires=("database.is-configured",),
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-configure-the-sso-tickets",
        "https://learn.microsoft.com/host-integration-server/esso/enterprise-single-sign-on-flags",
    ),
)
def validates_tickets(info: GlobalInfo, session: SqlSession | Missing) -> Outcome:
    """A ticket stands for the user to whom it was issued. Validation compares that user with the sender of the message
    that carries it; without it a ticket is as good for whoever gets hold of it while it lasts. A single application may
    ask for validation although the system does not; what the applications ask for, this check does not see."""
    flags, doubt = info.rows[0].gi_flags, doubt_about_primary(session)
    note = f"; {doubt}" if doubt else ""
    row = Row("SSODB", f"{VALIDATED:#x} is set wherever {ALLOWED:#x} is", f"{flags:#x}", SOURCE)
    if not flags & ALLOWED:
        return passed(f"SSO tickets are not allowed: gi_flags is {flags:#x}{note}", evidence=(row,))
    if flags & VALIDATED:
        return passed(f"SSO tickets are allowed and validated: gi_flags is {flags:#x}{note}", evidence=(row,))
    return failed(
        f"SSO tickets are allowed and not validated: gi_flags is {flags:#x}, with {ALLOWED:#x} and without "
        f"{VALIDATED:#x}{note}",
        why="A ticket can be redeemed for credentials by another than the user to whom it was issued.",
        expected=f"gi_flags with {VALIDATED:#x}, or without {ALLOWED:#x}",
        observed=f"gi_flags {flags:#x}",
        evidence=(row,),
        fix=(
            Step("Find out which applications redeem tickets, and whether they pass on the sender of the message."),
            Step(
                "Allow tickets and validate them, as an SSO administrator, from an elevated prompt in the installation "
                "folder of Enterprise Single Sign-On. Where nothing uses tickets, write no no.",
                on="an SSO server",
                impact="applications that redeem tickets of others than the sender stop",
                command=cmd("ssomanage -tickets yes yes"),
            ),
        ),
    )
