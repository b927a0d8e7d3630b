"""What MSDTC wrote down about its identity, its settings and refused transactions."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class MsdtcEvents(EventLog):
    """MSDTC's events 4101, 4104, 4111, 4202, 4350, 4874 to 4876 and 4879.

    Of provider `Microsoft-Windows-MSDTC` or `… MSDTC Client`, 4101 is another machine with the same identity; of `…
    MSDTC 2` or `… MSDTC Client 2` it is something else. 4202 (`… MSDTC 2`) has the settings that MSDTC started with,
    4874 to 4876 are refused transactions.

    Source: the log Application, those four providers, by `EventLogReader`. Needs a local administrator or a member of
    Event Log Readers. Not seen: what was cleared or written over. That the providers have these ids is confirmed;
    which string of 4202 is which setting is not.
    """

    topic: ClassVar[str] = "msdtc_events"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "the four providers `Microsoft-Windows-MSDTC…` of the log Application"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what was cleared or written over, and what is older than asked for"
