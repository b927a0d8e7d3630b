"""Who is audited: the inventory's model, read from YAML."""

import ipaddress
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from typing_extensions import Self

from ssoaudit import documents
from ssoaudit.documents import Flaw, FlawError, invisible, visible
from ssoaudit.vocabulary import ClusterRole, Role, Stage

Scheme = Literal["http", "https"]
WinrmAuth = Literal["auto", "kerberos", "ntlm", "certificate", "basic", "credssp"]
Transport = Literal["winrm", "local"]
Port = Annotated[int, Field(ge=1, le=65535)]

_LOADING = "loading"
_USED_WITH = {"client_cert": "certificate", "client_key": "certificate", "kerberos_hostname": "kerberos"}
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def _one_line(text: str) -> str:
    """Names reach terminals, logs and queries: nothing invisible, nothing that only looks like another name."""
    bad = invisible(text)
    if bad:
        hint = "inside double quotes a backslash starts an escape: use single quotes, as in 'DOMAIN\\name'"
        raise FlawError(Flaw(f"the text holds the control character {bad}", hint))
    if text != text.strip():
        raise FlawError(Flaw("the text begins or ends with a space", "remove the space"))
    return text


def _host(host: str) -> str:
    """A computer name or DNS name (letters, digits, hyphens, and underscores as Windows permits) or an IP address."""
    if _is_address(host):
        return host
    if "://" in host:
        raise FlawError(Flaw(f"'{visible(host)}' is a URL, not a host name", "write the host name alone"))
    if host.startswith("[") or re.fullmatch(r"[^:]+:\d+", host):
        hint = "write the host alone, without brackets; the port has a key of its own"
        raise FlawError(Flaw(f"'{visible(host)}' is not a host name", hint))
    if host.endswith("."):
        raise FlawError(Flaw(f"the host name '{visible(host)}' ends with a dot", "leave out the last dot"))
    labels = host.split(".")
    if labels[-1].isdigit() or not all(_is_label(label) for label in labels):
        hint = "use letters, digits, hyphens and underscores, in parts of at most 63 joined by dots, or an IP address"
        raise FlawError(Flaw(f"'{visible(host)}' is neither a host name nor an IP address", hint))
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_label(label: str) -> bool:
    if not _LABEL.fullmatch(label):
        return False
    if label.isascii():
        return True
    try:
        label.encode("idna")
    except UnicodeError:
        return False
    return True


def _sql_server(server: str) -> str:
    """An ODBC server name in one of the three forms that need no quoting."""
    form = re.fullmatch(r"(?P<host>[^\\,;{}=\s]+)(\\[\w$#-]{1,64})?(,(?P<port>\d{1,5}))?", server)
    if not form or (form["port"] and not 1 <= int(form["port"]) <= 65535):  # noqa: PLR2004 - the highest port
        hint = "write HOST, HOST,PORT or HOST\\INSTANCE"
        raise FlawError(Flaw(f"'{visible(server)}' is not a SQL Server address", hint))
    _host(form["host"])
    return server


def _file_there(path: str, info: ValidationInfo) -> str:
    """A file that is read later is looked for where the inventory is loaded, not where evidence repeats it."""
    if info.context is _LOADING and not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where it may not look
        hint = "check the path; a relative one begins in the current directory"
        raise FlawError(Flaw(f"the file '{visible(path)}' does not exist", hint))
    return path


def _group_name(group: str) -> str:
    r"""`DOMAIN\group`, as SSODB stores it."""
    if not re.fullmatch(r"[^\\]+\\[^\\]+", group):
        hint = "write DOMAIN\\group; inside double quotes the backslash is written twice"
        raise FlawError(Flaw(f"'{visible(group)}' is not of the form DOMAIN\\group", hint))
    return group


Line = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_one_line)]
PathText = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_one_line)]
FilePath = Annotated[PathText, AfterValidator(_file_there)]
Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_one_line), AfterValidator(_host)]
SqlServer = Annotated[Line, AfterValidator(_sql_server)]
GroupName = Annotated[Line, AfterValidator(_group_name)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class WinrmSettings(_Section):
    """How the Windows machines are reached; a server may override any of it."""

    scheme: Scheme = Field(
        default="http", description="http (its messages are encrypted by Kerberos or NTLM) or https."
    )
    port: Port | None = Field(default=None, description="5985 for http, 5986 for https unless given.")
    auth: WinrmAuth = Field(
        default="auto",
        description="auto: Kerberos where a ticket and the extra exist, else NTLM. certificate and basic need https; "
        "credssp sends the password itself to the server. Printed in the report.",
    )
    user: Line | None = Field(
        default=None, description="DOMAIN\\user or user@domain; the password is never written here."
    )
    kerberos_hostname: Host | None = Field(
        default=None, description="The host of the service principal HTTP/HOST, if not the name connected to."
    )
    client_cert: FilePath | None = Field(
        default=None, description="The client's certificate (PEM) for auth: certificate; it may hold the key too."
    )
    client_key: FilePath | None = Field(
        default=None, description="The key (PEM, without passphrase, for its owner alone) if not in client_cert."
    )
    ca_file: FilePath | None = Field(
        default=None, description="CA certificates (PEM) to trust for https; else the system's store."
    )
    insecure_skip_verify: bool = Field(default=False, description="Do not verify certificates. Printed in the report.")

    @model_validator(mode="after")
    def _protects_the_password(self) -> "WinrmSettings":
        if self.auth == "basic" and self.scheme == "http":
            message = "auth: basic over http sends the password in the clear"
            raise FlawError(Flaw(message, "add scheme: https or use auth: kerberos or ntlm", ("auth",)))
        if self.auth == "basic" and self.insecure_skip_verify:
            message = "auth: basic gives the password to whoever answers if certificates are not verified"
            hint = "name the CA in ca_file instead, or use auth: kerberos or ntlm"
            raise FlawError(Flaw(message, hint, ("insecure_skip_verify",)))
        return self

    @model_validator(mode="after")
    def _fits_the_way_of_logging_on(self) -> "WinrmSettings":
        flaws = []
        if self.auth == "certificate" and self.scheme == "http":
            flaws.append(Flaw("auth: certificate works over https only", "add scheme: https", ("auth",)))
        if self.auth == "certificate" and self.client_cert is None:
            hint = "name the PEM file of the certificate, and in client_key that of its key if that is another one"
            flaws.append(Flaw("auth: certificate needs client_cert", hint, ("auth",)))
        flaws += [
            Flaw(f"{key} is not used with auth: {self.auth}", f"remove it, or set auth: {auth}", (key,))
            for key, auth in _USED_WITH.items()
            if getattr(self, key) is not None and (self.auth, auth) not in (("auto", "kerberos"), (auth, auth))
        ]
        if flaws:
            raise FlawError(*flaws)
        return self


class SqlSettings(_Section):
    """Where SSODB is. What is left out is read from the servers' registry."""

    section: ClassVar[str] = "sql"

    server: SqlServer | None = Field(default=None, description="HOST, HOST,PORT or HOST\\INSTANCE.")
    address: SqlServer | None = Field(default=None, description="Where to connect, if not the server.")
    database: Line | None = Field(default=None, description="The database's name, usually SSODB.")
    driver: PathText | None = Field(
        default=None, description="An ODBC driver's registered name or path; else the best one found."
    )
    encrypt: Literal["strict", "mandatory", "optional"] = Field(
        default="mandatory",
        description="strict: TDS 8.0; mandatory: TLS or no connection; optional: as the server wishes.",
    )
    trust_server_certificate: bool = Field(
        default=False, description="Do not verify SQL Server's certificate. Unsafe; printed in the report."
    )
    host_in_certificate: Host | None = Field(
        default=None, description="The name that SQL Server's certificate carries, if not the server's."
    )
    application_intent: Literal["readonly", "readwrite"] = Field(
        default="readonly",
        description="readonly: an availability group may send the reader to a secondary; readwrite: to the primary.",
    )
    multi_subnet_failover: bool = Field(
        default=False, description="Try all addresses of an availability group's listener at once."
    )
    server_spn: Line | None = Field(
        default=None, description="SQL Server's service principal, if not MSSQLSvc/host:port."
    )
    user: Line | None = Field(default=None, description="A SQL login, which needs server; else the Windows identity.")

    @model_validator(mode="after")
    def _options_go_together(self) -> Self:
        """A driver passes over the one that it does not heed, so the two are not accepted beside each other."""
        where = self.address or self.server or ""
        if self.multi_subnet_failover and "\\" in where and "," not in where:
            hint = "write HOST,PORT, or leave multi_subnet_failover out"
            raise FlawError(
                Flaw(
                    "multi_subnet_failover does not go together with an instance name", hint, ("multi_subnet_failover",)
                )
            )
        if self.trust_server_certificate and self.encrypt == "strict":
            hint = "leave trust_server_certificate out, or use encrypt: mandatory"
            raise FlawError(
                Flaw("encrypt: strict always verifies the certificate", hint, ("trust_server_certificate",))
            )
        if self.trust_server_certificate and self.host_in_certificate is not None:
            message = "where trust_server_certificate is set no name in the certificate is looked at"
            raise FlawError(Flaw(message, "leave one of the two out", ("host_in_certificate",)))
        return self

    @model_validator(mode="after")
    def _sends_no_password_to_an_unknown_server(self) -> Self:
        """The address may come from a node's registry: a password goes only where the inventory says."""
        if self.user is not None and self.server is None:
            hint = f"write {self.section}.server, or leave user out and use the Windows identity"
            raise FlawError(Flaw(f"a SQL login needs {self.section}.server", hint, at=("user",)))
        return self


class BizTalkSettings(SqlSettings):
    """Where the BizTalk management database is."""

    section: ClassVar[str] = "biztalk"

    database: Line | None = Field(default=None, description="The database's name; BizTalkMgmtDb unless given.")


class Server(_Section):
    """A Windows machine."""

    host: Host = Field(description="Computer name, DNS name or IP address.")
    address: Host | None = Field(default=None, description="Where to connect, if not the host name.")
    port: Port | None = Field(default=None, description="The WinRM port of this server alone.")
    transport: Transport = Field(
        default="winrm",
        description="local: ssoaudit runs on this server, and starts powershell.exe there instead of using WinRM.",
    )
    roles: tuple[Role, ...] = Field(default=(), description="What the server does; none: a plain SSO server.")
    winrm: WinrmSettings | None = Field(
        default=None, description="Replaces the inventory's winrm section for this server."
    )

    @field_validator("roles")
    @classmethod
    def _roles_differ(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        flaws = [
            Flaw(f"the role '{role.value}' is listed twice", "remove one", (index,))
            for index, role in enumerate(roles)
            if role in roles[:index]
        ]
        if flaws:
            raise FlawError(*flaws)
        return roles

    @field_validator("winrm")
    @classmethod
    def _has_no_user_of_its_own(cls, winrm: WinrmSettings | None) -> WinrmSettings | None:
        """One account logs on everywhere; a name that is passed over would be the wrong account there."""
        if winrm is not None and winrm.user is not None:
            hint = "one account logs on to all servers: write it into the inventory's winrm section"
            raise FlawError(Flaw("a server has no user of its own", hint, ("user",)))
        return winrm

    @property
    def name(self) -> str:
        """The computer name as Windows shows it: the first label, in capitals; an address stays whole."""
        label = self.host.split(".", 1)[0]
        return (self.host if label.isdigit() or ":" in self.host else label).upper()

    @property
    def is_node(self) -> bool:
        """Whether this is a cluster node."""
        return Role.CLUSTER in self.roles

    @property
    def is_sql_only(self) -> bool:
        """Whether nothing but SQL Server is expected here."""
        return self.roles == (Role.SQL,)


class Groups(_Section):
    r"""The SSO groups that SSODB is meant to name, `DOMAIN\group`."""

    sso_administrators: GroupName | None = Field(default=None, description="SSO Administrators, as DOMAIN\\group.")
    sso_affiliate_administrators: GroupName | None = Field(
        default=None, description="SSO Affiliate Administrators, as DOMAIN\\group."
    )


class Inventory(_Section):
    """An estate: its cluster nodes, the BizTalk and SQL machines around them, and what is meant to be so."""

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)] = Field(
        description="What the estate is called in reports."
    )
    stage: Stage = Field(default=Stage.CLUSTERED, description="How far the cluster is built.")
    cluster_role: ClusterRole = Field(default=ClusterRole.MASTER, description="What the cluster is for.")
    change: Literal["new", "move"] | None = Field(
        default=None, description="The change ahead: a new master secret server, or one that moves to the cluster."
    )
    network_name: Line | None = Field(
        default=None, description="The SSO role's network name; else read from the cluster."
    )
    present_master: Line | None = Field(default=None, description="The master secret server that SSODB still names.")
    service_account: Line | None = Field(default=None, description="DOMAIN\\account that ENTSSO is meant to run as.")
    standby: tuple[Line, ...] = Field(default=(), description="Servers meant to hold a copy of the secret.")
    operators: tuple[Line, ...] = Field(default=(), description="Accounts that will carry out the change.")
    msdtc: Literal["clustered", "local"] = Field(
        default="clustered", description="local: no shared storage, no clustered MSDTC."
    )
    groups: Groups = Field(default=Groups(), description="The SSO groups that SSODB is meant to name.")
    winrm: WinrmSettings = Field(
        default=WinrmSettings(), description="How the servers are reached, unless one says otherwise."
    )
    sql: SqlSettings = Field(
        default=SqlSettings(), description="Where SSODB is; what is left out is read from the servers."
    )
    biztalk: BizTalkSettings | None = Field(
        default=None, description="Where the BizTalk management database is, and how it is reached."
    )
    servers: tuple[Server, ...] = Field(min_length=1, description="The Windows machines; at least one cluster node.")

    @field_validator("winrm")
    @classmethod
    def _names_no_one_host_for_all(cls, winrm: WinrmSettings) -> WinrmSettings:
        if winrm.kerberos_hostname is not None:
            hint = "write it into the winrm section of the server whose principal it is"
            raise FlawError(Flaw("kerberos_hostname is the name of one server", hint, ("kerberos_hostname",)))
        return winrm

    @field_validator("servers")
    @classmethod
    def _servers_are_an_estate(cls, servers: tuple[Server, ...]) -> tuple[Server, ...]:
        flaws = [*_same_names(servers), *_second_local(servers)]
        if not any(server.is_node for server in servers):
            flaws.append(Flaw("no server is a cluster node", "give at least one server roles: [cluster]"))
        if flaws:
            raise FlawError(*flaws)
        return servers

    @property
    def has_biztalk(self) -> bool:
        """Whether there is a BizTalk group to be audited: a server of it, or its database, is named."""
        return self.biztalk is not None or any(Role.BIZTALK in server.roles for server in self.servers)

    @cached_property
    def nodes(self) -> tuple[Server, ...]:
        """The cluster nodes, in the inventory's order."""
        return tuple(server for server in self.servers if server.is_node)

    def server(self, name: str) -> Server | None:
        """The server of that name (host name, FQDN or computer name, any case), or None."""
        wanted = name.casefold()
        for server in self.servers:
            if wanted in (server.host.casefold(), server.name.casefold()):
                return server
        return None

    def winrm_of(self, server: Server) -> WinrmSettings:
        """The settings in force for a server, its own port included."""
        settings = server.winrm or self.winrm
        return settings.model_copy(update={"port": server.port}) if server.port else settings


def load(path: Path) -> Inventory:
    """The inventory in that YAML file; `DocumentError` lists what is wrong with it, and where."""
    return documents.load(path, Inventory, _LOADING)


def json_schema() -> dict[str, Any]:
    """The inventory's JSON Schema, draft 2020-12, for editors."""
    schema = Inventory.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "ssoaudit inventory",
    }


def _second_local(servers: tuple[Server, ...]) -> list[Flaw]:
    """One machine alone is the one that ssoaudit runs on."""
    indices = [index for index, server in enumerate(servers) if server.transport == "local"]
    return [
        Flaw(
            "a second server has transport: local",
            "only the machine that ssoaudit runs on has it",
            (index, "transport"),
        )
        for index in indices[1:]
    ]


def _same_names(servers: tuple[Server, ...]) -> list[Flaw]:
    """A server is known by its computer name everywhere, so two may not share one."""
    first: dict[str, Server] = {}
    flaws = []
    for index, server in enumerate(servers):
        key = ipaddress.ip_address(server.host).compressed if _is_address(server.host) else server.name.casefold()
        other = first.setdefault(key, server)
        if other is server:
            continue
        if other.host.casefold() == server.host.casefold():
            flaw = Flaw(f"the host '{visible(server.host)}' is listed twice", "remove one", (index, "host"))
        else:
            message = f"the host '{visible(server.host)}' has the same computer name as '{visible(other.host)}'"
            flaw = Flaw(message, "list each machine once, under the name Windows gives it", (index, "host"))
        flaws.append(flaw)
    return flaws
