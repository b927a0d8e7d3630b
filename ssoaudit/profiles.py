"""The profiles: from which severity a finding blocks, and how long the evidence may be relied on."""

from datetime import timedelta

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

BACKUP_AGE = timedelta(days=8)
"""How old the newest complete backup may be in the compliance profile.

BizTalk's job makes one a day unless it is set otherwise, and one a week with the log between them is common; the eighth
day lets a weekly one run late.
"""
