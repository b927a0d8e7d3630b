"""Enterprise SSO must be enabled as a whole."""

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
ENABLED = 0x2


@check(
    title="Enterprise SSO is enabled",
    each=Target.DATABASE,
    severity=Severity.HIGH,
    profiles=(Profile.POST_FAILOVER, Profile.COMPLIANCE),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    requires=("database.is-configured",),
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-enable-sso",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10537",
        "https://learn.microsoft.com/host-integration-server/esso/enterprise-single-sign-on-flags",
    ),
)
def sso_is_enabled(info: GlobalInfo, session: SqlSession | Missing) -> Outcome:
    """One switch in SSODB turns off all of Enterprise SSO. It is off in a database that was just made, and it has to be
    turned off before the SSO groups are changed; whoever forgets to turn it on again leaves every lookup failing with
    0xC0002A02 and event 10537. Applications have a switch of their own, which this check does not see."""
    flags, doubt = info.rows[0].gi_flags, doubt_about_primary(session)
    note = f"; {doubt}" if doubt else ""
    row = Row("SSODB", f"{ENABLED:#x} is set", f"{flags:#x}", SOURCE)
    if flags & ENABLED:
        return passed(f"Enterprise SSO is enabled: gi_flags is {flags:#x}{note}", evidence=(row,))
    return failed(
        f"Enterprise SSO is disabled: gi_flags is {flags:#x}, without {ENABLED:#x}{note}",
        why="No application gets credentials, and BizTalk adapters cannot read their configuration.",
        expected=f"gi_flags with {ENABLED:#x}",
        observed=f"gi_flags {flags:#x}",
        evidence=(row,),
        fix=(
            Step("Find out whether somebody disabled it on purpose, for a change of the SSO groups that is under way."),
            Step(
                "Enable it, as an SSO administrator, from an elevated prompt in the installation folder of Enterprise "
                "Single Sign-On. The SSO servers follow when they next ask SSODB.",
                on="an SSO server",
                impact="none",
                command=cmd("ssomanage -enablesso"),
            ),
        ),
    )
