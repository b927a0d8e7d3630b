"""What the BizTalk management database answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ssoaudit.facts.backup_databases import BackupDatabaseRow, BackupDatabases
from ssoaudit.facts.backup_history import BackupHistory, BackupHistoryRow
from ssoaudit.facts.biztalk_group import BizTalkGroup, BizTalkGroupRow
from ssoaudit.facts.biztalk_host_instances import INSTALLED, BizTalkHostInstanceRow, BizTalkHostInstances
from ssoaudit.facts.biztalk_host_mappings import BizTalkHostMappingRow, BizTalkHostMappings
from ssoaudit.facts.biztalk_hosts import IN_PROCESS, ISOLATED, BizTalkHostRow, BizTalkHosts
from ssoaudit.facts.biztalk_servers import BizTalkServerRow, BizTalkServers
from ssoaudit.facts.message_boxes import MessageBoxes, MessageBoxRow
from ssoaudit.facts.other_backup_databases import OtherBackupDatabaseRow, OtherBackupDatabases
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.lab.estate.names import (
    BIZTALK,
    BIZTALK_HOSTS,
    CLOCK,
    DATABASE,
    MANAGEMENT,
    MESSAGE_BOX,
    NETWORK_NAME,
    SQL,
    TRACKING,
)

_MAPPED = -1
_BACKED_UP = (MANAGEMENT, MESSAGE_BOX, TRACKING, DATABASE)


def management(
    secret_server: str = NETWORK_NAME, servers: Sequence[str] = BIZTALK, *, group: str = ""
) -> dict[str, SqlFact]:
    """A group with two hosts on each of two servers, one MessageBox, and SSODB in the backup set.

    With a cluster group the hosts are clustered in it, and there is an isolated one beside them.
    """
    hosts = [*(_host(number, name, group) for number, name in enumerate(BIZTALK_HOSTS, 1))]
    if group:
        hosts.append(_host(len(hosts) + 1, "web", "").model_copy(update={"HostType": ISOLATED}))
    facts = (
        BizTalkGroup(
            rows=(
                BizTalkGroupRow(
                    Name="BizTalk Group",
                    SSOServerName=secret_server,
                    SubscriptionDBServerName=SQL,
                    SubscriptionDBName=MESSAGE_BOX,
                    BizTalkAdminGroup="CONTOSO\\BizTalk Server Administrators",
                    BizTalkOperatorGroup="CONTOSO\\BizTalk Server Operators",
                    DateModified=datetime(2024, 3, 4, 9, 30),  # noqa: DTZ001 - as SQL
                ),
            )
        ),
        BizTalkServers(rows=tuple(BizTalkServerRow(Id=number, Name=name) for number, name in enumerate(servers, 1))),
        BizTalkHosts(rows=tuple(hosts)),
        *_instances(servers, hosts),
        MessageBoxes(
            rows=(MessageBoxRow(Id=1, DBServerName=SQL, DBName=MESSAGE_BOX, IsMasterMsgBox=-1, ConfigurationState=1),)
        ),
        BackupDatabases(rows=tuple(BackupDatabaseRow(ServerName=SQL, DatabaseName=name) for name in _BACKED_UP)),
        OtherBackupDatabases(
            rows=(OtherBackupDatabaseRow(DefaultDatabaseName=DATABASE, DatabaseName=DATABASE, ServerName=SQL),)
        ),
        _history(),
    )
    return {fact.topic: fact for fact in facts}


def _host(number: int, name: str, group: str) -> BizTalkHostRow:
    return BizTalkHostRow(
        Id=number,
        Name=name,
        HostType=IN_PROCESS,
        ClusterResourceGroupName=group,
        NTGroupName="CONTOSO\\BizTalk Application Users",
    )


def _instances(
    servers: Sequence[str], hosts: Sequence[BizTalkHostRow]
) -> tuple[BizTalkHostMappings, BizTalkHostInstances]:
    """Every host on every server."""
    pairs = [(place, server, host) for place, server in enumerate(servers, 1) for host in hosts]
    mappings = BizTalkHostMappings(
        rows=tuple(
            BizTalkHostMappingRow(Id=number, ServerId=place, HostId=host.Id, IsMapped=_MAPPED)
            for number, (place, _, host) in enumerate(pairs, 1)
        )
    )
    instances = BizTalkHostInstances(
        rows=tuple(
            BizTalkHostInstanceRow(
                Id=number,
                Svr2HostMappingId=number,
                Name=f"Microsoft BizTalk Server {host.Name} {server}",
                DisableHostInstance=0,
                ConfigurationState=INSTALLED,
            )
            for number, (_, server, host) in enumerate(pairs, 1)
        )
    )
    return mappings, instances


def _history() -> BackupHistory:
    """Complete backups of last night, and the logs a quarter of an hour ago."""
    now = CLOCK.replace(tzinfo=None)
    kinds = {"db": timedelta(hours=6), "lg": timedelta(minutes=15)}
    return BackupHistory(
        rows=tuple(
            BackupHistoryRow(
                DatabaseName=name,
                ServerName=SQL,
                BackupType=kind,
                SetComplete=True,
                newest=now - ago,
                local_time=now,
                utc_time=now,
            )
            for name in sorted(_BACKED_UP)
            for kind, ago in kinds.items()
        )
    )
