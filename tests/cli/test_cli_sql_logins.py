"""Which password goes with which SQL login of the inventory."""

import sys
from datetime import datetime, timezone
from io import StringIO

import pytest

from ssoaudit.cli.collecting import Estate, SqlCredentials, credential, sql_credentials
from ssoaudit.cli.session import Session
from ssoaudit.credentials import CredentialError
from ssoaudit.evidence import ServerEvidence
from ssoaudit.inventory import BizTalkSettings, Inventory, Server, SqlSettings
from ssoaudit.vocabulary import Role

SQL, BIZTALK = "SSOAUDIT_SQL_PASSWORD", "SSOAUDIT_BIZTALK_PASSWORD"


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, no keyring, no password but the test's own."""
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    monkeypatch.setitem(sys.modules, "keyring", None)
    for variable in (SQL, BIZTALK):
        monkeypatch.delenv(variable, raising=False)


def resolved(sql: str | None, biztalk: str | None, *, offline: bool = False) -> SqlCredentials:
    inventory = Inventory(
        name="lab",
        servers=(Server(host="NODE1", roles=(Role.CLUSTER,)),),
        sql=SqlSettings(server="SQL01", user=sql),
        biztalk=BizTalkSettings(server="SQL02", user=biztalk),
    )
    with Session() as session:
        return sql_credentials(session, Estate(inventory, offline=offline))


def told(found: SqlCredentials) -> list[tuple[str, str] | None]:
    return [(each.user, each.password.reveal()) if each else None for each in (found.sql, found.biztalk)]


def test_two_logins_have_a_variable_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SQL, "of-the-first")
    monkeypatch.setenv(BIZTALK, "of-the-second")
    assert told(resolved("auditor", "other")) == [("auditor", "of-the-first"), ("other", "of-the-second")]


def test_servers_whose_files_are_there_need_no_password() -> None:
    inventory = Inventory(name="lab", servers=(Server(host="NODE1", roles=(Role.CLUSTER,)),))
    moment = datetime(2026, 11, 21, tzinfo=timezone.utc)
    answers = {"NODE1": ServerEvidence(name="NODE1", started=moment, finished=moment, topics={})}
    with Session() as session:
        assert not credential(session, Estate(inventory, answers), None).password.reveal()
        with pytest.raises(CredentialError):
            credential(session, Estate(inventory), None)


def test_where_nobody_is_asked_no_password_is_needed() -> None:
    assert told(resolved("auditor", "other", offline=True)) == [None, None]


def test_one_login_has_one_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SQL, "of-both")
    monkeypatch.setenv(BIZTALK, "of-nobody")
    assert told(resolved("auditor", "auditor")) == [("auditor", "of-both")] * 2


def test_a_login_for_biztalk_alone_has_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BIZTALK, "of-the-second")
    assert told(resolved(None, "other")) == [None, ("other", "of-the-second")]


@pytest.mark.parametrize(("exported", "users"), [(SQL, ("auditor", "other")), (SQL, (None, "other"))])
def test_the_password_of_one_is_never_the_other_s(
    monkeypatch: pytest.MonkeyPatch, exported: str, users: tuple[str | None, str]
) -> None:
    monkeypatch.setenv(exported, "of-the-first")
    with pytest.raises(CredentialError, match=f"no password for other: .*{BIZTALK}"):
        resolved(*users)


def test_the_password_of_the_second_is_never_the_first_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BIZTALK, "of-the-second")
    with pytest.raises(CredentialError, match=f"no password for auditor: .*{SQL}"):
        resolved("auditor", None)
