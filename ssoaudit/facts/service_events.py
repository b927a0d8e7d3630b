"""What the service control manager wrote down about services that failed."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class ServiceEvents(EventLog):
    """Services that did not start, ended unexpectedly, or could not log on.

    Ids 7000, 7001, 7009, 7011, 7023, 7024, 7031, 7034, 7038 and 7041, of every service; the first string names it, by
    its display name or its own. 7036 and 7040 are left out: they are written for every service and every day. Source:
    the log System, provider `Service Control Manager`, by `EventLogReader`. Needs a local administrator or a member of
    Event Log Readers. Not seen: what was cleared or written over. The ids are practice, not documentation.
    """

    topic: ClassVar[str] = "service_events"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "provider `Service Control Manager` of the log System"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what was cleared or written over; changes of state and of start type"
