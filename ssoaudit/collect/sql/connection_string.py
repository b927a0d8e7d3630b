"""The connection string of each driver family: fixed keywords, and values that cannot become keywords."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import NoReturn

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.drivers import Driver, Option
from ssoaudit.credentials import Secret
from ssoaudit.inventory import SqlSettings
from ssoaudit.version import __version__

_UNFIT = frozenset({"Cc", "Cs"})
_ENCRYPT = {"strict": "Encrypt=strict", "mandatory": "Encrypt=yes", "optional": "Encrypt=no"}
_DATABASES = {"sql": "SSODB", "biztalk": "BizTalk databases"}
_INTENT = {"readonly": "ApplicationIntent=ReadOnly", "readwrite": "ApplicationIntent=ReadWrite"}
_FREETDS_ENCRYPT = {"mandatory": "Encryption=require", "optional": "Encryption=request"}


def connection_string(driver: Driver, address: Address, settings: SqlSettings, login: SqlLogin | None) -> Secret:
    """What the driver is handed; without a login the Windows identity counts.

    Of `settings` server, address, database, driver and user are not looked at. Raises a `Fault` for a value that this
    driver cannot be handed unchanged, because a part of it would be lost or taken for settings, and for an option that
    it does not know, because it would pass over it in silence.
    """
    _refuse_unknown(driver, address, settings)
    _refuse_to_send_blindly(driver, settings, login)
    parts = _freetds(driver, address, settings, login) if driver.family == "freetds" else ()
    parts = parts or _microsoft(driver, address, settings, login)
    # FreeTDS takes the last brace for a part of the value unless a semicolon follows.
    return Secret(";".join(parts) + ";")


def notes(driver: Driver, settings: SqlSettings) -> tuple[str, ...]:
    """One sentence for every protection that a connection made this way goes without."""
    sentences = []
    if driver.family == "freetds":
        sentences.append("FreeTDS does not verify the server's certificate")
    elif settings.trust_server_certificate and settings.encrypt != "strict":
        sentences.append("the server's certificate is not verified")
    if settings.encrypt == "optional":
        sentences.append("the connection is encrypted only if the server wants it")
    if driver.family == "legacy":
        sentences.append(f"the ODBC driver {driver.name} is out of support")
    if settings.application_intent == "readonly" and not driver.knows("application_intent"):
        sentences.append(f"the ODBC driver {driver.name} cannot tell the server that it only reads")
    whose = _DATABASES[settings.section]
    return tuple(f"{whose}: {sentence}" for sentence in sentences)


def _microsoft(driver: Driver, address: Address, settings: SqlSettings, login: SqlLogin | None) -> tuple[str, ...]:
    where = address.endpoint
    server = f"{where.host}\\{where.instance}" if where.instance else f"{where.host},{where.port}"
    trust = "yes" if settings.trust_server_certificate else "no"
    who = (f"UID={_braced(login.user, 'user')}", f"PWD={_braced(login.password.reveal(), 'password')}") if login else ()
    return (
        f"DRIVER={_path(driver.name)}",
        f"SERVER={{tcp:{server}}}",
        f"DATABASE={_braced(address.database, 'database')}",
        *(who or ("Trusted_Connection=yes",)),
        f"APP={{ssoaudit {__version__}}}",
        _ENCRYPT[settings.encrypt],
        f"TrustServerCertificate={trust}",
        *_intent(driver, settings),
        *(("MultiSubnetFailover=yes",) if settings.multi_subnet_failover else ()),
        *_spn(settings, _braced),
        *_certificate(settings),
        *(("ConnectRetryCount=0",) if driver.family == "microsoft" else ()),
    )


def _freetds(driver: Driver, address: Address, settings: SqlSettings, login: SqlLogin | None) -> tuple[str, ...]:
    where = address.endpoint
    server = (f"SERVER={where.host}\\{where.instance}",) if where.instance else (f"SERVER={where.host}",)
    port = () if where.instance else (f"PORT={where.port}",)
    who = (f"UID={_raw(login.user, 'user')}", f"PWD={_raw(login.password.reveal(), 'password')}") if login else ()
    return (
        f"DRIVER={_path(driver.name)}",
        *server,
        *port,
        f"DATABASE={_raw(address.database, 'database')}",
        *(who or ("Trusted_Connection=yes",)),
        f"APP={{ssoaudit {__version__}}}",
        _FREETDS_ENCRYPT[settings.encrypt],
        "TDS_Version=7.4",
        *_intent(driver, settings),
        *_spn(settings, _raw),
    )


def _intent(driver: Driver, settings: SqlSettings) -> tuple[str, ...]:
    return (_INTENT[settings.application_intent],) if driver.knows("application_intent") else ()


def _spn(settings: SqlSettings, quoted: Callable[[str, str], str]) -> tuple[str, ...]:
    return (f"ServerSPN={quoted(settings.server_spn, 'server_spn')}",) if settings.server_spn else ()


def _certificate(settings: SqlSettings) -> tuple[str, ...]:
    name = settings.host_in_certificate
    return (f"HostnameInCertificate={_braced(name, 'host_in_certificate')}",) if name else ()


def _refuse_unknown(driver: Driver, address: Address, settings: SqlSettings) -> None:
    asked: Mapping[Option, str] = {
        "strict": "encrypt: strict" if settings.encrypt == "strict" else "",
        "host_in_certificate": "host_in_certificate" if settings.host_in_certificate else "",
        "multi_subnet_failover": "multi_subnet_failover" if settings.multi_subnet_failover else "",
        "server_spn": "server_spn" if settings.server_spn else "",
    }
    for option, name in asked.items():
        if name and not driver.knows(option):
            raise Fault(
                FaultStage.CONFIGURE,
                "option-unsupported",
                f"The ODBC driver {driver.name} does not know {name}.",
                f"Install Microsoft's ODBC Driver 18, or leave out {settings.section}.{name}.",
            )
    if settings.multi_subnet_failover and address.endpoint.instance:
        raise Fault(
            FaultStage.CONFIGURE,
            "option-unsupported",
            f"multi_subnet_failover does not go together with the instance name of {address.shown}.",
            f"Give HOST,PORT in {settings.section}.server, or leave out {settings.section}.multi_subnet_failover.",
        )


def _refuse_to_send_blindly(driver: Driver, settings: SqlSettings, login: SqlLogin | None) -> None:
    """Who asks for encryption, and not for trust, does not expect the password to go to whoever answers."""
    verified = driver.family != "freetds" or settings.encrypt == "optional" or settings.trust_server_certificate
    if login is not None and not verified:
        raise Fault(
            FaultStage.CONFIGURE,
            "certificate-unverified",
            "FreeTDS does not verify the server's certificate, so the password of the SQL login was not sent to "
            f"{_DATABASES[settings.section]}.",
            "Install Microsoft's ODBC Driver 18, use the Windows identity, or accept it with "
            f"{settings.section}.trust_server_certificate: true.",
        )


def _braced(value: str, what: str) -> str:
    """In braces, with closing ones doubled."""
    _refuse_unfit(value, what)
    return "{" + value.replace("}", "}}") + "}"


def _raw(value: str, what: str) -> str:
    """In braces as it is: FreeTDS knows no doubling and ends the value at the first `};`."""
    _refuse_unfit(value, what)
    if "};" in value:
        _refuse(what)
    return "{" + value + "}"


def _path(name: str) -> str:
    """The driver's name, which the driver manager reads, and which no doubled brace would fit."""
    _refuse_unfit(name, "driver")
    if set("{};") & set(name):
        _refuse("driver")
    return "{" + name + "}"


def _refuse_unfit(value: str, what: str) -> None:
    if not value or any(unicodedata.category(character) in _UNFIT for character in value):
        _refuse(what)


def _refuse(what: str) -> NoReturn:
    raise Fault(
        FaultStage.CONFIGURE,
        "credential-characters" if what in ("user", "password") else "address",
        f"The {what} for SQL Server is empty or has characters that this ODBC driver cannot be handed.",
        "Use another driver or the Windows identity." if what in ("user", "password") else f"Correct the {what}.",
    )
