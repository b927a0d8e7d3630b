"""What the cluster service wrote down about resources, groups and nodes that failed."""

from typing import ClassVar

from ssoaudit.facts.event_log import EventLog
from ssoaudit.facts.fact import Scope


class ClusterEvents(EventLog):
    """Failures of the failover cluster as this node saw them; empty where there is no cluster.

    Ids 1024, 1040 to 1042, 1049 to 1051, 1069 (a resource failed), 1121, 1135 (a node left), 1137, 1146, 1182, 1193 to
    1196, 1205 to 1215 (1205: a group did not come online or go offline) and 1672. Source: the log System,
    provider `Microsoft-Windows-FailoverClustering`, by `EventLogReader`,
    https://learn.microsoft.com/troubleshoot/windows-server/high-availability/failover-clustering-system-log-events.
    Needs a local administrator or a member of Event Log Readers. Not seen: what the other nodes wrote, and what was
    cleared or written over. Ids are confirmed.
    """

    topic: ClassVar[str] = "cluster_events"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "provider `Microsoft-Windows-FailoverClustering` of the log System"
    privilege: ClassVar[str] = "local administrator, or Event Log Readers"
    unseen: ClassVar[str] = "what the other nodes wrote; what was cleared or written over"
