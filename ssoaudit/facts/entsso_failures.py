"""What ENTSSO complained of."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class EntssoFailures(EventLog):
    """ENTSSO's failures, warnings and recoveries: its other events, but for 10506 and the audits 10531 and 10535.

    Ids 10500, 10507 to 10519, 10527, 10532, 10533, 10536 to 10558, 10566 to 10574, 10578 to 10581, 10584 to 10588,
    10590 to 10610 and from 10612 on. Source: the log Application, provider `ENTSSO`, by `EventLogReader`,
    https://learn.microsoft.com/biztalk/core/single-sign-on-event-10532 and its neighbours. Needs a local administrator
    or a member of Event Log Readers. Strings name users, computers and applications. Not seen: what was cleared or
    written over, and audits that ENTSSO's audit level leaves out. Ids are confirmed by the vendor's header and pages.
    """

    topic: ClassVar[str] = "entsso_failures"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "provider `ENTSSO` of the log Application"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what was cleared or written over; audits that ENTSSO's audit level leaves out"
