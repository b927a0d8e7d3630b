from datetime import datetime, timedelta

import pytest

from ssoaudit.facts.global_info_change import GlobalInfoChange, GlobalInfoChangeRow
from ssoaudit.facts.sso_servers import SsoServerRow, SsoServers

NOW = datetime(2026, 11, 20, 8, 40)  # noqa: DTZ001 - SQL Server's own times have no zone
FIRST = "11111111-2222-3333-4444-55555555AAAA"
SECOND = "11111111-2222-3333-4444-55555555BBBB"


def change(audit_id: str, days: int) -> GlobalInfoChangeRow:
    return GlobalInfoChangeRow(
        at_audit_id=audit_id, newest=NOW - timedelta(days), at_client_machine=None, at_server_machine=f"{days}"
    )


def test_a_server_is_current_until_its_registration_ends() -> None:
    ends = {"past": -1, "now": 0, "coming": 1}
    rows = tuple(
        SsoServerRow(srv_server_name=name, srv_expire_timestamp=NOW + timedelta(seconds=seconds), local_time=NOW)
        for name, seconds in ends.items()
    )
    assert SsoServers(rows=rows).current == ("coming",)


@pytest.mark.parametrize(("audit_id", "found"), [(FIRST.lower(), "1"), ("{" + SECOND + "}", "3"), ("x", None)])
def test_the_newest_change_of_a_row(audit_id: str, found: str | None) -> None:
    changes = GlobalInfoChange(rows=(change(FIRST, 2), change(FIRST, 1), change(SECOND, 3)))
    row = changes.of(audit_id)
    assert (row.at_server_machine if row else None) == found
