"""What a Windows event log holds of some events: their ids and insertion strings, never their text."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from ssoaudit.facts.bounds import Dword, ShortText
from ssoaudit.facts.fact import Fact, Part

String = Annotated[str, Field(max_length=256)]


class Event(Part):
    """One event. `strings` are its insertion strings in their order, at most 20, each cut to 256 characters.

    An id says something only beside its provider: two providers of MSDTC use 4101 for different things. `record_id`
    counts up within the log.
    """

    provider: ShortText
    id: Dword
    record_id: int
    time: AwareDatetime
    strings: Annotated[tuple[String, ...], Field(max_length=20)]


class EventLog(Fact):
    """Some events of a log, the newest first.

    `since` is how far back was asked for. `is_truncated` tells that there were more events than were asked for, or more
    text than 400 000 characters, or that 15 s did not suffice: the oldest of them are left out. `oldest` is the time of
    the log's oldest record, of whatever kind, None where the log is empty; `read_at` is the server's clock. Times are
    UTC.

    Source: `EventLogReader`, https://learn.microsoft.com/dotnet/api/system.diagnostics.eventing.reader.eventlogreader,
    which renders no event: the provider's own files are not needed. `absent` where there is no such log, denied where
    it may not be read. That its limit of time holds while Windows looks for the next event is inferred.
    """

    log: ShortText
    is_enabled: bool
    read_at: AwareDatetime
    since: AwareDatetime
    oldest: AwareDatetime | None
    is_truncated: bool
    events: Annotated[tuple[Event, ...], Field(max_length=5000)]

    @property
    def covers_since(self) -> datetime:
        """Since when no such event is left out: before that, none listed does not mean that there was none."""
        kept = self.since
        if self.is_truncated:
            kept = self.events[-1].time if self.events else self.read_at
        return max(self.since, kept, self.oldest or self.read_at)
