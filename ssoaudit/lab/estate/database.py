"""What SSODB answers."""

from datetime import datetime

from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow, ExternalCredentialSecrets
from ssoaudit.facts.global_info import GlobalInfo, GlobalInfoRow
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer, SqlServerRow
from ssoaudit.facts.sql_session import SqlSession, SqlSessionRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets
from ssoaudit.lab.estate.names import ADMINISTRATORS, AFFILIATES, CLOCK, DATABASE, NETWORK_NAME, SECRETS, SQL


def database() -> dict[str, SqlFact]:
    """A configured SSODB with adapters' credentials under both secrets, and no Windows password."""
    local, utc = CLOCK.replace(tzinfo=None), CLOCK.replace(tzinfo=None)
    current, previous = (secret.strip("{}").upper() for secret in SECRETS)
    nobody = "00000000-0000-0000-0000-000000000000"
    oldest, newest = datetime(2024, 3, 4, 9, 0, 0), datetime(2026, 11, 19, 17, 30, 12, 100000)  # noqa: DTZ001 - as SQL
    facts = (
        SqlServer(
            rows=(
                SqlServerRow(
                    product_version="15.0.4415.2",
                    edition="Enterprise Edition (64-bit)",
                    engine_edition=3,
                    is_clustered=0,
                    is_hadr_enabled=0,
                    machine_name=SQL,
                    physical_node=SQL,
                    instance_name=None,
                    server_name=SQL,
                ),
            )
        ),
        SqlSession(
            rows=(
                SqlSessionRow(
                    database_name=DATABASE,
                    login_name="ssoaudit",
                    local_time=local,
                    utc_time=utc,
                    updateability="READ_WRITE",
                    transport="TCP",
                    authentication="SQL",
                ),
            )
        ),
        GlobalInfo(
            rows=(
                GlobalInfoRow(
                    gi_install_timestamp=oldest,
                    gi_update_timestamp=newest,
                    gi_flags=0x46,
                    gi_audit_app_delete_max=1000,
                    gi_audit_mapping_delete_max=1000,
                    gi_audit_ntp_lookup_max=1000,
                    gi_audit_xp_lookup_max=1000,
                    gi_ticket_timeout=2,
                    gi_cred_cache_timeout=60,
                    gi_SecretServer=NETWORK_NAME,
                    gi_SSOAdminGroup=ADMINISTRATORS,
                    gi_AffiliateAppMgrGroup=AFFILIATES,
                    gi_audit_id="6F9619FF-8B86-D011-B42D-00C04FC964FF",
                ),
            )
        ),
        ExternalCredentialSecrets(
            rows=(
                ExternalCredentialSecretRow(
                    ec_pws_msid=nobody, ec_pns_msid=current, number=42, oldest=oldest, newest=newest
                ),
                ExternalCredentialSecretRow(
                    ec_pws_msid=nobody, ec_pns_msid=previous, number=3, oldest=oldest, newest=oldest
                ),
            )
        ),
        WindowsPasswordSecrets(rows=()),
    )
    return {fact.topic: fact for fact in facts}
