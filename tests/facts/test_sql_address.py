import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.facts import SqlAlias
from ssoaudit.facts.sql_address import Likeness, SqlAddress, parse_sql_address

HERE = "NODE1"
ALIASES = (
    SqlAlias(name="SsoSql", target="DBMSSOCN,sql1.contoso.com,14330"),
    SqlAlias(name="piped", target=r"DBNMPNTW,\\sql1\pipe\sql\query"),
    SqlAlias(name="instance", target=r"DBMSSOCN,sql1\bts"),
    SqlAlias(name="empty", target=""),
    SqlAlias(name="loop", target="DBMSSOCN,loop"),
)

hosts = st.sampled_from(["sql1", "sql1.contoso.com", "sql1.fabrikam.com", "sql2", "10.0.0.1", "10.0.0.2", "fe80::1"])
addresses = st.builds(SqlAddress, hosts, st.none() | st.sampled_from(["bts", "sso"]), st.none()) | st.builds(
    SqlAddress, hosts, st.none(), st.integers(1, 65535)
)


@pytest.mark.parametrize(
    ("text", "host", "instance", "port"),
    [
        ("SQL1", "sql1", None, None),
        (" SQL1 ", "sql1", None, None),
        (r"SQL1\BTS", "sql1", "bts", None),
        (r"SQL1\MSSQLSERVER", "sql1", None, None),
        ("SQL1\\", "sql1", None, None),
        ("SQL1,1433", "sql1", None, None),
        ("SQL1,14330", "sql1", None, 14330),
        ("SQL1 , 14330", "sql1", None, 14330),
        (r"SQL1\BTS,14330", "sql1", None, 14330),
        (r"SQL1\BTS,1433", "sql1", None, 1433),
        ("tcp:SQL1.contoso.com,14330", "sql1.contoso.com", None, 14330),
        ("TCP:sql1.contoso.com.", "sql1.contoso.com", None, None),
        ("lpc:SQL1", "sql1", None, None),
        ("admin:SQL1", "sql1", None, None),
        (".", "node1", None, None),
        ("(local)", "node1", None, None),
        (r".\BTS", "node1", "bts", None),
        ("localhost,14330", "node1", None, 14330),
        ("127.0.0.1", "node1", None, None),
        ("10.0.0.1,14330", "10.0.0.1", None, 14330),
        (r"\\SQL1\pipe\sql\query", "sql1", None, None),
        (r"np:\\SQL1\pipe\MSSQL$BTS\sql\query", "sql1", "bts", None),
        (r"\\.\pipe\sql\query", "node1", None, None),
        ("SSOSQL", "sql1.contoso.com", None, 14330),
        ("piped", "sql1", None, None),
        ("instance", "sql1", "bts", None),
        ("loop", "loop", None, None),
    ],
)
def test_spellings(text: str, host: str, instance: str | None, port: int | None) -> None:
    assert parse_sql_address(text, HERE, ALIASES) == SqlAddress(host, instance, port)


@pytest.mark.parametrize(
    "text", ["", "  ", ",1433", r"\BTS", "SQL1,port", "SQL1,1,2", r"SQL1\A\B", "SQL1,123456", r"\\SQL1\pipe\custom"]
)
def test_what_is_no_address(text: str) -> None:
    assert parse_sql_address(text, HERE) is None


@given(st.text(), st.lists(st.builds(SqlAlias, name=st.text(max_size=3), target=st.text(max_size=20)), max_size=2))
def test_any_text_is_an_address_or_none(text: str, aliases: list[SqlAlias]) -> None:
    address = parse_sql_address(text, HERE, aliases)
    if address is not None:
        assert address.host
        assert address.host == address.host.casefold()
        assert address.instance is None or address.port is None or address.port == 0


@given(hosts, st.none() | st.sampled_from(["bts"]), st.none() | st.integers(1, 65535))
def test_an_address_is_read_back(host: str, instance: str | None, port: int | None) -> None:
    text = host.upper() + (f"\\{instance}" if instance else "") + (f",{port}" if port else "")
    address = parse_sql_address(text, HERE)
    assert address is not None
    default = not instance and port == 1433
    assert address == SqlAddress(host, None if port else instance, None if default else port)


@given(addresses)
def test_an_address_is_like_itself(address: SqlAddress) -> None:
    assert address.likeness(address) is Likeness.SAME


@given(addresses, addresses)
def test_likeness_goes_both_ways(one: SqlAddress, other: SqlAddress) -> None:
    assert one.likeness(other) is other.likeness(one)


@given(addresses, addresses)
def test_only_equal_addresses_are_the_same(one: SqlAddress, other: SqlAddress) -> None:
    assert (one.likeness(other) is Likeness.SAME) == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("SQL1", "sql1", Likeness.SAME),
        ("SQL1", "SQL1,1433", Likeness.SAME),
        ("SQL1", "SQL1.contoso.com", Likeness.MAYBE),
        ("SQL1.contoso.com", "SQL1.fabrikam.com", Likeness.DIFFERENT),
        ("SQL1.contoso.com.", "SQL1.contoso.com", Likeness.SAME),
        ("SQL1", "SQL2", Likeness.DIFFERENT),
        ("SQL1", "10.0.0.1", Likeness.MAYBE),
        ("10.0.0.1", "10.0.0.2", Likeness.DIFFERENT),
        (r"SQL1\A", r"SQL1\B", Likeness.DIFFERENT),
        ("SQL1", r"SQL1\A", Likeness.MAYBE),
        (r"SQL1\A", "SQL1,14330", Likeness.MAYBE),
        ("SQL1", "SQL1,14330", Likeness.MAYBE),
        ("SQL1,14330", "SQL1,14331", Likeness.DIFFERENT),
        (r"SQL1\A,14330", r"SQL1\B,14330", Likeness.SAME),
        (r"SQL1\A", r"SQL2\A", Likeness.DIFFERENT),
        (r"SQL1\A", r"SQL1.contoso.com\A", Likeness.MAYBE),
        (r"SQL1\A", r"SQL1.contoso.com\B", Likeness.DIFFERENT),
        (r"SQL1\A", r"\\SQL1\pipe\sql\query", Likeness.MAYBE),
    ],
)
def test_likeness(one: str, other: str, likeness: Likeness) -> None:
    first, second = parse_sql_address(one, HERE), parse_sql_address(other, HERE)
    assert first is not None
    assert second is not None
    assert first.likeness(second) is likeness


def test_an_alias_of_nothing_leads_nowhere() -> None:
    assert parse_sql_address("empty", HERE, [SqlAlias(name="empty", target="")]) is None
    assert parse_sql_address("odd", HERE, [SqlAlias(name="odd", target=None)]) is None
