"""What the cluster service wrote down about groups that moved."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class ClusterMoves(EventLog):
    """Groups and resources that came online, went offline or moved, as this node saw them: the history of ownership.

    Ids 1200, 1201 (a group came online), 1203, 1204 (it went offline), 1637 (a resource changed its state) and 1641 (a
    group moved). Source: the log `Microsoft-Windows-FailoverClustering/Operational`, by `EventLogReader`; `absent`
    where there is no such log. Needs a local administrator or a member of Event Log Readers. Not seen: what the other
    nodes wrote, and what was cleared or written over; the log is small. The ids are inferred.
    """

    topic: ClassVar[str] = "cluster_moves"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "the log `Microsoft-Windows-FailoverClustering/Operational`"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what the other nodes wrote; what was cleared or written over, for the log is small"
