"""The profiles: from which severity a finding blocks, and how long the evidence may be relied on."""

from ssoaudit.result import ProfileRecord
from ssoaudit.vocabulary import Profile, Severity

PROFILES = {
    rules.name: rules
    for rules in (
        ProfileRecord(name=Profile.PREFLIGHT, gate=Severity.HIGH, lifetime_hours=24),
        ProfileRecord(name=Profile.POST_FAILOVER, gate=Severity.HIGH, lifetime_hours=24),
        ProfileRecord(name=Profile.COMPLIANCE, gate=Severity.MEDIUM, lifetime_hours=31 * 24),
    )
}
