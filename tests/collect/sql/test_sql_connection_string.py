import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from passwords import NASTY

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.sql.address import Address, Endpoint, SqlLogin
from ssoaudit.collect.sql.connection_string import connection_string, notes
from ssoaudit.collect.sql.drivers import Driver
from ssoaudit.credentials import Secret
from ssoaudit.inventory import BizTalkSettings, SqlSettings
from ssoaudit.version import __version__

MICROSOFT = Driver("microsoft", "ODBC Driver 18 for SQL Server", "registered", "18")
SEVENTEEN = Driver("microsoft", "ODBC Driver 17 for SQL Server", "registered", "17")
FREETDS = Driver("freetds", "FreeTDS", "registered", None)
NATIVE = Driver("legacy", "SQL Server Native Client 10.0", "registered", "10.0")
LEGACY = Driver("legacy", "SQL Server", "registered", None)
ADDRESS = Address("SQL01.contoso.example,1444", "SSODB")
DEFAULT = SqlSettings()


def microsoft_reading(text: str) -> list[tuple[str, str]]:
    """The keywords and values as Microsoft's grammar has them: a doubled brace inside braces is one brace."""
    pairs, rest = [], text
    while rest:
        match = re.match(r"(\w+)=(?:\{((?:[^}]|\}\})*)\}|([^{;]*));", rest)
        assert match, rest
        pairs.append((match[1], match[2].replace("}}", "}") if match[2] is not None else match[3]))
        rest = rest[match.end() :]
    return pairs


def freetds_reading(text: str) -> list[tuple[str, str]]:
    """The keywords and values as FreeTDS has them: a value in braces ends at the first `};`."""
    pairs, rest = [], text
    while rest:
        match = re.match(r"(\w+)=(?:\{(.*?)\};|([^{;]*);)", rest, re.DOTALL)
        assert match, rest
        pairs.append((match[1], match[2] if match[2] is not None else match[3]))
        rest = rest[match.end() :]
    return pairs


READINGS = {"microsoft": microsoft_reading, "legacy": microsoft_reading, "freetds": freetds_reading}


def build(
    driver: Driver, login: SqlLogin | None = None, settings: SqlSettings | None = None, at: Address = ADDRESS
) -> str:
    usual = SqlSettings(trust_server_certificate=True) if driver is FREETDS and login else DEFAULT
    return connection_string(driver, at, settings or usual, login).reveal()


def attempt(driver: Driver, login: SqlLogin, at: Address) -> str | Fault:
    try:
        return build(driver, login, at=at)
    except Fault as fault:
        return fault


def test_microsofts_string_says_all_that_matters() -> None:
    assert microsoft_reading(build(MICROSOFT, SqlLogin("auditor", Secret("pw")))) == [
        ("DRIVER", "ODBC Driver 18 for SQL Server"),
        ("SERVER", "tcp:SQL01.contoso.example,1444"),
        ("DATABASE", "SSODB"),
        ("UID", "auditor"),
        ("PWD", "pw"),
        ("APP", f"ssoaudit {__version__}"),
        ("Encrypt", "yes"),
        ("TrustServerCertificate", "no"),
        ("ApplicationIntent", "ReadOnly"),
        ("ConnectRetryCount", "0"),
    ]


def test_freetds_string_says_all_that_matters() -> None:
    assert freetds_reading(build(FREETDS, SqlLogin("auditor", Secret("pw")))) == [
        ("DRIVER", "FreeTDS"),
        ("SERVER", "SQL01.contoso.example"),
        ("PORT", "1444"),
        ("DATABASE", "SSODB"),
        ("UID", "auditor"),
        ("PWD", "pw"),
        ("APP", f"ssoaudit {__version__}"),
        ("Encryption", "require"),
        ("TDS_Version", "7.4"),
        ("ApplicationIntent", "ReadOnly"),
    ]


@pytest.mark.parametrize("driver", [MICROSOFT, FREETDS, LEGACY])
def test_without_a_login_the_windows_identity_counts(driver: Driver) -> None:
    said = dict(READINGS[driver.family](build(driver)))

    assert said["Trusted_Connection"] == "yes"
    assert not {"UID", "PWD"} & said.keys()


@given(user=st.text(min_size=1), password=st.text(min_size=1), database=st.text(min_size=1))
@example(user="u", password="};UID=x;", database="SSODB")
@example(user="u", password="}};UID=x;", database="SSODB")
@pytest.mark.parametrize("driver", [MICROSOFT, FREETDS, LEGACY])
def test_values_arrive_unchanged_or_are_refused(driver: Driver, user: str, password: str, database: str) -> None:
    text = attempt(driver, SqlLogin(user, Secret(password)), Address("SQL01", database))
    if isinstance(text, Fault):
        values = user + password + database
        assert "};" in values or any(unicodedata.category(character) in ("Cc", "Cs") for character in values)
        assert len(password) < 8 or password not in f"{text} {text!r} {text.details}"
        return
    pairs = READINGS[driver.family](text)
    said = dict(pairs)
    assert len(said) == len(pairs), "a value became a keyword"
    assert (said["UID"], said["PWD"], said["DATABASE"]) == (user, password, database)


@pytest.mark.parametrize("password", NASTY)
def test_nearly_every_password_can_be_carried(password: str) -> None:
    login = SqlLogin("auditor", Secret(password))

    assert dict(microsoft_reading(build(MICROSOFT, login)))["PWD"] == password
    if "};" in password:
        with pytest.raises(Fault) as caught:
            build(FREETDS, login)
        assert caught.value.code == "credential-characters"
    else:
        assert dict(freetds_reading(build(FREETDS, login)))["PWD"] == password


@pytest.mark.parametrize("password", ["", "nul\0byte", "line\nfeed", "tab\t", "\x1b[2J", "\x85", "\ud800"])
@pytest.mark.parametrize("driver", [MICROSOFT, FREETDS])
def test_what_no_driver_can_carry_is_refused(driver: Driver, password: str) -> None:
    with pytest.raises(Fault) as caught:
        build(driver, SqlLogin("auditor", Secret(password)))

    assert caught.value.code == "credential-characters"
    assert caught.value.details == ""


def test_the_string_cannot_be_printed() -> None:
    text = connection_string(MICROSOFT, ADDRESS, DEFAULT, SqlLogin("auditor", Secret("hunter2")))

    assert "hunter2" not in f"{text!r} {text} {SqlLogin('auditor', Secret('hunter2'))!r}"


@pytest.mark.parametrize(
    ("server", "endpoint"),
    [
        ("SQL01", Endpoint("SQL01", None, 1433)),
        ("SQL01,1", Endpoint("SQL01", None, 1)),
        ("sql-01.contoso.example\\SSO$1", Endpoint("sql-01.contoso.example", "SSO$1", None)),
        ("SQL01\\SSO,65535", Endpoint("SQL01", None, 65535)),
        ("10.0.0.4", Endpoint("10.0.0.4", None, 1433)),
        ("fe80::1,1433", Endpoint("fe80::1", None, 1433)),
    ],
)
def test_a_server_is_read(server: str, endpoint: Endpoint) -> None:
    assert Address(server, "SSODB").endpoint == endpoint


@pytest.mark.parametrize(
    "server",
    [
        "",
        "SQL01;UID=sa",
        "SQL01}",
        "{SQL01",
        "SQL01=1",
        "SQL01,0",
        "SQL01,65536",
        "SQL01,",
        "SQL01:1433",
        "tcp:SQL01",
        "SQL01\\",
        "SQL01\\A\\B",
        "SQL 01",
        "SQL01\n",
        "SQL01\0",
        "a" * 254,
        "SQL01,\u0661",
    ],
)
def test_what_is_no_server_is_refused(server: str) -> None:
    with pytest.raises(Fault) as caught:
        build(MICROSOFT, at=Address(server, "SSODB"))

    assert caught.value.code == "address"


def test_an_instance_is_looked_up_and_a_port_is_not() -> None:
    named = Address("SQL01\\SSO", "SSODB")

    assert dict(microsoft_reading(build(MICROSOFT, at=named)))["SERVER"] == "tcp:SQL01\\SSO"
    assert dict(freetds_reading(build(FREETDS, at=named)))["SERVER"] == "SQL01\\SSO"
    assert "PORT" not in dict(freetds_reading(build(FREETDS, at=named)))


@pytest.mark.parametrize("name", ["x};UID=sa", "a;b", "a}", "a{b", "a\nb"])
def test_a_driver_name_that_could_say_more_is_refused(name: str) -> None:
    with pytest.raises(Fault):
        build(Driver("freetds", name, "configured", None))


@pytest.mark.parametrize(
    ("driver", "encrypt", "keyword"),
    [
        (MICROSOFT, "strict", ("Encrypt", "strict")),
        (MICROSOFT, "mandatory", ("Encrypt", "yes")),
        (MICROSOFT, "optional", ("Encrypt", "no")),
        (SEVENTEEN, "mandatory", ("Encrypt", "yes")),
        (FREETDS, "mandatory", ("Encryption", "require")),
        (FREETDS, "optional", ("Encryption", "request")),
        (LEGACY, "mandatory", ("Encrypt", "yes")),
    ],
)
def test_encryption_is_spelled_as_the_driver_knows_it(driver: Driver, encrypt: str, keyword: tuple[str, str]) -> None:
    settings = SqlSettings.model_validate({"encrypt": encrypt})

    assert keyword in READINGS[driver.family](build(driver, settings=settings))


OPTIONS: dict[str, object] = {
    "encrypt": "strict",
    "host_in_certificate": "sql.contoso.example",
    "multi_subnet_failover": True,
    "server_spn": "MSSQLSvc/sql.contoso.example:1444",
}


@pytest.mark.parametrize("driver", [MICROSOFT, SEVENTEEN, FREETDS, NATIVE, LEGACY])
@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_heeded_or_refused(driver: Driver, option: str) -> None:
    settings = SqlSettings.model_validate({option: OPTIONS[option]})
    pair = {
        "encrypt": ("Encrypt", "strict"),
        "host_in_certificate": ("HostnameInCertificate", "sql.contoso.example"),
        "multi_subnet_failover": ("MultiSubnetFailover", "yes"),
        "server_spn": ("ServerSPN", "MSSQLSvc/sql.contoso.example:1444"),
    }[option]
    refused = {
        SEVENTEEN: {"encrypt", "host_in_certificate"},
        FREETDS: {"encrypt", "host_in_certificate", "multi_subnet_failover"},
        NATIVE: {"encrypt", "host_in_certificate", "multi_subnet_failover"},
        LEGACY: set(OPTIONS),
    }
    if option not in refused.get(driver, set()):
        assert pair in READINGS[driver.family](build(driver, settings=settings))
        return
    with pytest.raises(Fault) as caught:
        build(driver, settings=settings)
    assert caught.value.code == "option-unsupported"
    assert driver.name in caught.value.message
    assert f"sql.{option}" in caught.value.hint


@pytest.mark.parametrize("driver", [MICROSOFT, FREETDS])
@pytest.mark.parametrize(("intent", "said"), [("readonly", "ReadOnly"), ("readwrite", "ReadWrite")])
def test_the_intent_is_said(driver: Driver, intent: str, said: str) -> None:
    settings = SqlSettings.model_validate({"application_intent": intent})

    assert ("ApplicationIntent", said) in READINGS[driver.family](build(driver, settings=settings))


def test_where_no_driver_tells_the_intent_the_report_does() -> None:
    assert "ApplicationIntent" not in build(LEGACY)
    assert "SSODB: the ODBC driver SQL Server cannot tell the server that it only reads" in notes(LEGACY, DEFAULT)
    assert len(notes(LEGACY, SqlSettings(application_intent="readwrite"))) == 1


def test_multi_subnet_failover_is_refused_for_an_instance_that_the_registry_names() -> None:
    settings = SqlSettings(multi_subnet_failover=True)
    with pytest.raises(Fault) as caught:
        build(MICROSOFT, settings=settings, at=Address("SQL01\\SSO", "SSODB"))

    assert caught.value.code == "option-unsupported"
    assert "multi_subnet_failover" in caught.value.message


def test_a_service_principal_cannot_say_more() -> None:
    spn = "x};UID=sa;"
    settings = SqlSettings(server_spn=spn)

    assert dict(microsoft_reading(build(MICROSOFT, settings=settings)))["ServerSPN"] == spn
    with pytest.raises(Fault) as caught:
        build(FREETDS, settings=settings)
    assert caught.value.code == "address"


def test_trusting_any_certificate_is_said_to_the_driver_and_to_the_report() -> None:
    settings = SqlSettings(trust_server_certificate=True)

    assert ("TrustServerCertificate", "yes") in microsoft_reading(build(MICROSOFT, settings=settings))
    assert notes(MICROSOFT, settings) == ("SSODB: the server's certificate is not verified",)
    assert notes(MICROSOFT, DEFAULT) == ()
    assert notes(MICROSOFT, SqlSettings(encrypt="strict")) == ()


def test_what_gives_up_a_protection_is_noted() -> None:
    assert notes(FREETDS, DEFAULT) == ("SSODB: FreeTDS does not verify the server's certificate",)
    assert notes(MICROSOFT, SqlSettings(encrypt="optional")) == (
        "SSODB: the connection is encrypted only if the server wants it",
    )
    assert notes(LEGACY, SqlSettings(application_intent="readwrite")) == (
        "SSODB: the ODBC driver SQL Server is out of support",
    )


def test_the_inventorys_other_section_is_named_where_its_own_options_are_meant() -> None:
    settings = BizTalkSettings(host_in_certificate="sql.contoso.example")
    with pytest.raises(Fault) as caught:
        build(FREETDS, settings=settings)

    assert "biztalk.host_in_certificate" in caught.value.hint
    assert notes(FREETDS, settings) == ("BizTalk databases: FreeTDS does not verify the server's certificate",)


def test_freetds_sends_no_password_where_encryption_is_to_protect_it() -> None:
    login = SqlLogin("auditor", Secret("hunter2-and-more"))
    for settings in (SqlSettings(), BizTalkSettings()):
        with pytest.raises(Fault) as caught:
            build(FREETDS, login, settings)
        assert caught.value.code == "certificate-unverified"
        assert f"{settings.section}.trust_server_certificate" in caught.value.hint
        assert "hunter2" not in f"{caught.value!r}{caught.value.details}"

    for settings in (SqlSettings(trust_server_certificate=True), SqlSettings(encrypt="optional")):
        assert "PWD={hunter2-and-more}" in build(FREETDS, login, settings)


def test_of_the_windows_identity_freetds_tells_that_it_does_not_verify() -> None:
    assert "Trusted_Connection=yes" in build(FREETDS, None, SqlSettings())
    assert notes(FREETDS, SqlSettings()) == ("SSODB: FreeTDS does not verify the server's certificate",)
