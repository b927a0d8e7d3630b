"""What ENTSSO wrote down about its starts, its secrets and its settings."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class EntssoEvents(EventLog):
    """ENTSSO's starts and stops, what became of its secrets, changes of its settings: rare, and needed long afterwards.

    Ids 10501 to 10505, 10520 to 10526, 10528 to 10530, 10534, 10559 to 10565, 10575 to 10577, 10582, 10583, 10589 and
    10611; `entsso_failures` has the others. Source: the log Application, provider `ENTSSO`, by `EventLogReader`,
    https://learn.microsoft.com/biztalk/core/single-sign-on-event-10501 and its neighbours. Needs a local administrator
    or a member of Event Log Readers. Strings of secrets are their ids. Not seen: what was cleared or written over.
    Ids are confirmed by the vendor's header and pages.
    """

    topic: ClassVar[str] = "entsso_events"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "provider `ENTSSO` of the log Application"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what was cleared or written over, and what is older than asked for"
