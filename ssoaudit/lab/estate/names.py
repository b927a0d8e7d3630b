"""Who is who in the lab: the names, ids and SIDs that its facts share."""

from datetime import datetime, timezone

CLUSTER, NETWORK_NAME, GROUP = "SSOCLU01", "SSOMSS", "SSO-MSS"
NODES = ("SSONODE1", "SSONODE2")
BIZTALK = ("BTSAPP01", "BTSAPP02")
SQL = "SQLSSO01"
DATABASE = "SSODB"
SQL_NODE = "SQLNODE1"
SQL_GROUP = "SQL Server (MSSQLSERVER)"
MASTER = "SSOMASTER1"
HOSTS_GROUP, HOSTS_NAME = "BTS-HOSTS", "BTSHOSTS"
MANAGEMENT, MESSAGE_BOX, TRACKING = "BizTalkMgmtDb", "BizTalkMsgBoxDb", "BizTalkDTADb"
BIZTALK_HOSTS = ("orders", "tracking")
ACCOUNT = "CONTOSO\\svc-entsso"
ADMINISTRATORS = "CONTOSO\\SSO Administrators"
AFFILIATES = "CONTOSO\\SSO Affiliate Administrators"
DOMAIN_SID = "S-1-5-21-1004336348-1177238915-682003330"
SECRETS = ("{2f1c6a3e-7c1b-4d5e-9a54-0b8f6f3f1d11}", "{8e0d7f52-91a4-4b7c-8f0a-3c2f5a9b7e42}")

NAME_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000001"
ADDRESS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000002"
DISK_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000003"
MSDTC_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000004"
ENTSSO_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000005"
RIDS = {"account": 1121, "administrators": 1122, "affiliates": 1123, "domain users": 513}
DESCRIPTIONS = ("MSDTC", "MSDTCUIS", "MSDTCXATM", "MSDTCTIPGW")
CLOCK = datetime(2026, 11, 20, 8, 40, 51, tzinfo=timezone.utc)


def sid(who: str) -> str:
    """A SID of the lab's domain."""
    return f"{DOMAIN_SID}-{RIDS[who]}"
