"""The connection string of each driver family: fixed keywords, and values that cannot become keywords."""

import unicodedata
from typing import NoReturn

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.drivers import Driver
from ssoaudit.credentials import Secret
from ssoaudit.inventory import SqlSettings
from ssoaudit.version import __version__

_UNFIT = frozenset({"Cc", "Cs"})
_ENCRYPT = {"strict": "Encrypt=strict", "mandatory": "Encrypt=yes", "optional": "Encrypt=no"}
_FREETDS_ENCRYPT = {"mandatory": "Encryption=require", "optional": "Encryption=request"}


def connection_string(driver: Driver, address: Address, settings: SqlSettings, login: SqlLogin | None) -> Secret:
    """What the driver is handed; without a login the Windows identity counts.

    Of `settings` only `encrypt` and `trust_server_certificate` are used. Raises a `Fault` for a value that this driver
    cannot be handed unchanged: a part of it would be lost, or would be taken for settings.
    """
    if settings.encrypt == "strict" and not driver.knows_strict:
        raise Fault(
            FaultStage.CONFIGURE,
            "encrypt-unsupported",
            f"The ODBC driver {driver.name} does not know encrypt: strict.",
            "Install Microsoft's ODBC Driver 18, or set sql.encrypt to mandatory.",
        )
    parts = _freetds(driver, address, settings, login) if driver.family == "freetds" else ()
    parts = parts or _microsoft(driver, address, settings, login)
    # FreeTDS takes the last brace for a part of the value unless a semicolon follows.
    return Secret(";".join(parts) + ";")


def notes(driver: Driver, settings: SqlSettings) -> tuple[str, ...]:
    """One sentence for every protection that a connection made this way goes without."""
    sentences = []
    if driver.family == "freetds":
        sentences.append("SSODB: FreeTDS does not verify the server's certificate")
    elif settings.trust_server_certificate and settings.encrypt != "strict":
        sentences.append("SSODB: the server's certificate is not verified")
    if settings.encrypt == "optional":
        sentences.append("SSODB: the connection is encrypted only if the server wants it")
    if driver.family == "legacy":
        sentences.append(f"SSODB: the ODBC driver {driver.name} is out of support")
    return tuple(sentences)


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
        "ApplicationIntent=ReadOnly",
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
        "ApplicationIntent=ReadOnly",
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
        f"The {what} for SSODB is empty or has characters that this ODBC driver cannot be handed.",
        "Use another driver or the Windows identity." if what in ("user", "password") else f"Correct the {what} name.",
    )
