"""The inventory as operators write it."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from ssoaudit import documents, inventory
from ssoaudit.documents import DocumentError, Problem
from ssoaudit.inventory import BizTalkSettings, Groups, Inventory, Server, SqlSettings, WinrmSettings
from ssoaudit.vocabulary import ClusterRole, Role, Stage

ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HERE = Path("estate.yaml")
NODE = "servers: [{host: node1, roles: [cluster]}]\n"


def read(text: str) -> Inventory:
    return documents.parse(text, HERE, Inventory)


def refused(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        read(text)
    return str(caught.value)


def test_certificates_are_looked_for_where_an_inventory_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "estate.yaml"
    path.write_text("name: x\nservers: [{host: a, roles: [cluster], winrm: {ca_file: ca.pem}}]\n")
    with pytest.raises(DocumentError) as caught:
        inventory.load(path)
    assert (caught.value.line, caught.value.column) == (2, 56)
    assert caught.value.message == "the file 'ca.pem' does not exist"
    assert read(path.read_text()).servers[0].winrm == WinrmSettings(ca_file="ca.pem")
    Path("ca.pem").touch()
    assert inventory.load(path) == read(path.read_text())


@pytest.mark.parametrize("missing", ["client_cert", "client_key"])
def test_so_are_the_clients_certificate_and_key(tmp_path: Path, missing: str) -> None:
    files = {name: tmp_path / f"{name}.pem" for name in ("client_cert", "client_key")}
    for name, file in files.items():
        if name != missing:
            file.touch()
    lines = "".join(f"  {name}: {file}\n" for name, file in files.items())
    path = tmp_path / "estate.yaml"
    path.write_text(f"name: x\n{NODE}winrm:\n  scheme: https\n  auth: certificate\n{lines}")
    with pytest.raises(DocumentError) as caught:
        inventory.load(path)
    assert caught.value.message.startswith("the file '")
    assert caught.value.message.endswith("' does not exist")
    assert caught.value.line == list(files).index(missing) + 6
    files[missing].touch()
    assert inventory.load(path).winrm.auth == "certificate"


def test_the_smallest_inventory() -> None:
    estate = read("name: Contoso\n" + NODE)
    assert estate == Inventory(name="Contoso", servers=(Server(host="node1", roles=(Role.CLUSTER,)),))
    assert (estate.stage, estate.cluster_role) == (Stage.CLUSTERED, ClusterRole.MASTER)


def test_every_key_of_a_full_inventory_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").touch()
    path = tmp_path / "estate.yaml"
    path.write_text(
        """
name: Contoso production
stage: built
cluster_role: member
change: move
network_name: SSOCLUSTER
present_master: OLDMASTER
service_account: CONTOSO\\svc-sso
standby: [NODE2]
operators: [CONTOSO\\alice, bob@contoso.com]
msdtc: local
groups:
  sso_administrators: CONTOSO\\SSO Administrators
  sso_affiliate_administrators: CONTOSO\\SSO Affiliate Administrators
winrm: {scheme: https, port: 5986, auth: kerberos, user: auditor@contoso.com, ca_file: ca.pem}
sql: {server: 'SQL1\\SSO', database: SSODB, driver: ODBC Driver 18 for SQL Server, encrypt: strict, user: reader}
servers:
- {host: node1.contoso.com, roles: [cluster]}
- {host: node2, address: 10.0.0.2, port: 15985, roles: [cluster, biztalk], winrm: {insecure_skip_verify: true}}
""",
        encoding="utf-8",
    )
    estate = inventory.load(path)
    assert estate.groups.sso_administrators == "CONTOSO\\SSO Administrators"
    assert estate.operators == ("CONTOSO\\alice", "bob@contoso.com")
    assert [server.name for server in estate.nodes] == ["NODE1", "NODE2"]
    assert estate.winrm_of(estate.servers[1]) == WinrmSettings(port=15985, insecure_skip_verify=True)
    assert hash(estate) == hash(inventory.load(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\nservers: [{host: a, roles: [sql]}]\n",
            "2:10: no server is a cluster node; give at least one server",
        ),
        ("name: x\nservers: []\n", "2:10: servers must not be empty"),
        (
            "name: x\nservers:\n- {host: NODE1, roles: [cluster]}\n- {host: node1}\n",
            "4:10: the host 'node1' is listed twice; remove one",
        ),
        (
            "name: x\nservers:\n- {host: node1, roles: [cluster]}\n- {host: NODE1.contoso.com}\n",
            "4:10: the host 'NODE1.contoso.com' has the same computer name as 'node1'",
        ),
        (
            "name: x\nservers:\n- {host: '::1', roles: [cluster]}\n- {host: '0:0::1'}\n",
            "4:10: the host '0:0::1' has the same computer name as '::1'",
        ),
        (
            "name: x\nservers: [{host: a, roles: [cluster, sql, cluster]}]\n",
            "2:43: the role 'cluster' is listed twice; remove one",
        ),
        (
            "name: x\nservers: [{host: a, roles: [clutser]}]\n",
            "2:29: servers[0].roles[0] must be one of cluster, biztalk, sql, found the text 'clutser'; did",
        ),
        (
            "name: x\nstage: bulit\n" + NODE,
            "2:8: stage must be one of planned, built, clustered, found the text 'bulit'",
        ),
        ("name: x\nchange: old\n" + NODE, "2:9: change must be one of new, move, found the text 'old'"),
        ("name: x\nwinrm: {port: 0}\n" + NODE, "2:15: winrm.port must be from 1 to 65535, found 0"),
        (
            "name: x\nwinrm: {auth: basic}\n" + NODE,
            "2:15: auth: basic over http sends the password in the clear; add scheme: https",
        ),
        (
            "name: x\nservers: [{host: a, roles: [cluster], winrm: {auth: digest}}]\n",
            "2:53: servers[0].winrm.auth must be one of auto, kerberos, ntlm, certificate, basic, credssp, found",
        ),
        (
            "name: x\nwinrm: {auth: basic, scheme: https, insecure_skip_verify: true}\n" + NODE,
            "2:59: auth: basic gives the password to whoever answers if certificates are not verified; name the CA in",
        ),
        (
            "name: x\nwinrm: {auth: certificate, client_cert: a.pem}\n" + NODE,
            "2:15: auth: certificate works over https only; add scheme: https",
        ),
        (
            "name: x\nwinrm: {auth: certificate, scheme: https}\n" + NODE,
            "2:15: auth: certificate needs client_cert; name the PEM file of the certificate",
        ),
        (
            "name: x\nwinrm: {auth: certificate, scheme: https, client_key: a.pem}\n" + NODE,
            "2:15: auth: certificate needs client_cert",
        ),
        (
            "name: x\nwinrm: {client_cert: a.pem}\n" + NODE,
            "2:22: client_cert is not used with auth: auto; remove it, or set auth: certificate",
        ),
        (
            "name: x\nwinrm: {auth: ntlm, client_key: a.pem}\n" + NODE,
            "2:33: client_key is not used with auth: ntlm; remove it, or set auth: certificate",
        ),
        (
            "name: x\nwinrm: {auth: credssp, kerberos_hostname: node1.contoso.com}\n" + NODE,
            "2:43: kerberos_hostname is not used with auth: credssp; remove it, or set auth: kerberos",
        ),
        (
            "name: x\nwinrm: {kerberos_hostname: node1.contoso.com}\n" + NODE,
            "2:28: kerberos_hostname is the name of one server; write it into the winrm section of the server whose",
        ),
        (
            "name: x\nservers:\n- host: NODE1\n  roles: [cluster]\n  winrm: {auth: ntlm, user: 'X\\y'}\n",
            "5:29: a server has no user of its own; one account logs on to all servers: write it into the inventory's",
        ),
        (
            "name: x\ngroups: {sso_administrators: Administrators}\n" + NODE,
            "2:30: 'Administrators' is not of the form DOMAIN\\group",
        ),
        ('name: "CONTOSO\\new"\n' + NODE, "1:7: the text holds the control character U+000A; inside double quotes"),
        ("name: ' x'\n" + NODE, "1:7: the text begins or ends with a space; remove the space"),
        ("name: ' '\n" + NODE, "1:7: the text begins or ends with a space"),
        ("name: x\nnetwork_name: ''\n" + NODE, "2:15: network_name must not be empty"),
        ("name: x\nsql: {server: 'a;PWD=b'}\n" + NODE, "2:15: "),
        ("name: x\nseversr: 1\n" + NODE, "2:1: unknown key 'seversr'; did you mean 'servers'?"),
    ],
)
def test_one_mistake_gives_one_sentence_with_its_place(text: str, message: str) -> None:
    assert refused(text).startswith(f"estate.yaml:{message}")
    assert "\n" not in refused(text)


@pytest.mark.parametrize(
    "host",
    [
        "NODE1",
        "node-1.contoso.com",
        "my_node",
        "10.0.0.1",
        "::1",
        "fe80::1:2",
        "3com.example",
        "münchen.example",
        "世界",
        "xn--mnchen-3ya.example",
        "a" * 63,
        ".".join(["a" * 49] * 5),
    ],
)
def test_hosts_that_exist(host: str) -> None:
    assert Server(host=host, address=host).host == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "node 1",
        "-node",
        "node-",
        "a..b",
        ".a",
        "a.",
        "a" * 64,
        "a/b",
        "a\\b",
        "http://a",
        "a:5985",
        "[::1]",
        "a;b",
        "10.0.0.256",
        "10.0.0",
        "12345",
        "fe80::1%eth0",
        "a@b",
        "a,b",
        "a'b",
        "$(a)",
        "a\u202eb",
        "*",
        "a" * 64 + ".com",
        ".".join(["a" * 62] * 5),
        "ä" * 63,
        "a\n",
    ],
)
def test_hosts_that_cannot_exist(host: str) -> None:
    with pytest.raises(ValidationError):
        Server(host=host)
    with pytest.raises(ValidationError):
        Server(host="a", address=host)


@pytest.mark.parametrize(
    "server", ["SQL1", "sql1.contoso.com", "SQL1,1433", "SQL1\\SSO", "10.0.0.1,14330", "SQL1\\MSSQL$1", "::1,1433"]
)
def test_sql_servers_in_their_three_forms(server: str) -> None:
    assert SqlSettings(server=server).server == server


def test_the_management_database_is_reached_like_ssodb() -> None:
    estate = Inventory(name="x", servers=(Server(host="a", roles=(Role.CLUSTER,)),), biztalk=BizTalkSettings())
    assert estate.has_biztalk
    told = refused(f"name: x\n{NODE}biztalk:\n  user: ssoaudit\n")
    assert "a SQL login needs biztalk.server" in told


@pytest.mark.parametrize(("roles", "has"), [((Role.CLUSTER,), False), ((Role.CLUSTER, Role.BIZTALK), True)])
def test_an_inventory_has_biztalk_where_it_names_a_server_of_it(roles: tuple[Role, ...], has: bool) -> None:
    assert Inventory(name="x", servers=(Server(host="a", roles=roles),)).has_biztalk is has


def test_a_sql_login_goes_only_where_the_inventory_says() -> None:
    told = refused(f"name: x\n{NODE}sql:\n  user: ssoaudit\n")
    assert told.startswith("estate.yaml:4:")
    assert "a SQL login needs sql.server" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("{server: 'SQL1\\SSO', multi_subnet_failover: true}", "an instance name"),
        ("{server: SQL1, address: 'SQL2\\SSO', multi_subnet_failover: true}", "an instance name"),
        ("{encrypt: strict, trust_server_certificate: true}", "always verifies"),
        ("{host_in_certificate: sql1.contoso.com, trust_server_certificate: true}", "no name"),
        ("{application_intent: read}", "readonly"),
        ("{host_in_certificate: 'a b'}", "host name"),
        ('{server_spn: "a\\tb"}', "control character"),
    ],
)
def test_sql_options_that_are_not_heeded_are_named_with_their_line(settings: str, told: str) -> None:
    said = refused(f"name: x\n{NODE}sql: {settings}\n")
    assert said.startswith("estate.yaml:3:")
    assert told in said


def test_sql_options_that_go_together() -> None:
    settings = SqlSettings(server="SQL1\\SSO,1444", multi_subnet_failover=True, application_intent="readwrite")
    assert settings.multi_subnet_failover


@pytest.mark.parametrize("server", ["", "SQL1:1433", "SQL1,0", "SQL1,65536", "a;b", "a\\b\\c", "{a}", "(local)", "a,b"])
def test_sql_servers_that_odbc_would_misread(server: str) -> None:
    with pytest.raises(ValidationError):
        SqlSettings(server=server)


@pytest.mark.parametrize("account", [".\\svc", "LocalSystem", "svc", "svc@contoso.com", "CONTOSO\\svc$"])
def test_any_service_account_is_accepted_since_a_check_judges_it(account: str) -> None:
    assert read(f"name: x\nservice_account: '{account}'\n{NODE}").service_account == account


def test_the_settings_refuse_what_would_betray_the_password_wherever_they_are_made() -> None:
    with pytest.raises(ValidationError, match="in the clear"):
        WinrmSettings(auth="basic")
    with pytest.raises(ValidationError, match="whoever answers"):
        WinrmSettings(auth="basic", scheme="https", insecure_skip_verify=True)
    assert WinrmSettings(auth="basic", scheme="https").auth == "basic"


@pytest.mark.parametrize(
    ("host", "name"), [("node1.contoso.com", "NODE1"), ("10.0.0.1", "10.0.0.1"), ("::1", "::1"), ("node_2", "NODE_2")]
)
def test_a_server_is_named_by_its_computer_name(host: str, name: str) -> None:
    assert Server(host=host).name == name


def test_a_server_is_found_by_any_of_its_names() -> None:
    estate = read("name: x\nservers: [{host: node1.contoso.com, roles: [cluster]}]\n")
    assert estate.server("NODE1") is estate.server("Node1.Contoso.com") is estate.servers[0]
    assert estate.server("node2") is None


def test_the_schema_describes_every_field() -> None:
    schema = inventory.json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "ssoaudit inventory"
    for described in (schema, *schema["$defs"].values()):
        assert described["description"]
        for name, part in described.get("properties", {}).items():
            assert part.get("description"), name
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "servers"]


def test_the_schema_keeps_no_state() -> None:
    inventory.json_schema()["properties"].clear()
    assert inventory.json_schema()["properties"]


LABEL = st.from_regex(r"[a-z_][a-z0-9-]{0,12}[a-z0-9]", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=3).map(".".join) | st.ip_addresses().map(str)
LINE = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)
PORT = st.integers(1, 65535)
ANY_WINRM = {
    "scheme": st.just("https"),
    "port": st.none() | PORT,
    "user": st.none() | LINE,
    "ca_file": st.none() | LINE,
}
WINRM = st.one_of(
    st.builds(WinrmSettings, auth=st.just("basic"), **ANY_WINRM),
    st.builds(
        WinrmSettings,
        auth=st.sampled_from(["auto", "kerberos"]),
        kerberos_hostname=st.none() | HOST,
        insecure_skip_verify=st.booleans(),
        **ANY_WINRM,
    ),
    st.builds(
        WinrmSettings, auth=st.sampled_from(["ntlm", "credssp"]), insecure_skip_verify=st.booleans(), **ANY_WINRM
    ),
    st.builds(
        WinrmSettings,
        auth=st.just("certificate"),
        client_cert=LINE,
        client_key=st.none() | LINE,
        insecure_skip_verify=st.booleans(),
        **ANY_WINRM,
    ),
)
GROUP = st.tuples(LABEL, LABEL).map("\\".join)
SERVER = st.builds(
    Server,
    host=HOST,
    address=st.none() | HOST,
    port=st.none() | PORT,
    roles=st.lists(st.sampled_from(Role), unique=True).map(tuple),
    winrm=st.none() | WINRM.map(lambda winrm: winrm.model_copy(update={"user": None})),
)
INVENTORY = st.builds(
    Inventory,
    name=LINE,
    stage=st.sampled_from(Stage),
    cluster_role=st.sampled_from(ClusterRole),
    change=st.sampled_from([None, "new", "move"]),
    network_name=st.none() | LINE,
    present_master=st.none() | LINE,
    service_account=st.none() | LINE,
    standby=st.lists(LINE, max_size=2).map(tuple),
    operators=st.lists(LINE, max_size=2).map(tuple),
    msdtc=st.sampled_from(["clustered", "local"]),
    groups=st.builds(Groups, sso_administrators=st.none() | GROUP, sso_affiliate_administrators=st.none() | GROUP),
    winrm=WINRM.map(lambda winrm: winrm.model_copy(update={"kerberos_hostname": None})),
    sql=st.builds(SqlSettings, server=LABEL, database=st.none() | LINE, user=st.none() | LINE) | st.just(SqlSettings()),
    servers=st.lists(SERVER, max_size=3, unique_by=lambda server: server.name).map(
        lambda others: (
            Server(host="first-node-here", roles=(Role.CLUSTER,)),
            *(server for server in others if server.name != "FIRST-NODE-HERE"),
        )
    ),
)


def written(content: object) -> str:
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(content, stream)
    return stream.getvalue()


@ANY_SPEED
@given(INVENTORY)
def test_an_inventory_written_as_yaml_is_read_back_equal(estate: Inventory) -> None:
    assert read(written(estate.model_dump(mode="json"))) == estate


KEYS = st.sampled_from(sorted({*Inventory.model_fields, *Server.model_fields, *WinrmSettings.model_fields, "password"}))
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["cluster", "basic"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@ANY_SPEED
@given(st.dictionaries(KEYS, ANYTHING, max_size=6))
def test_no_yaml_raises_anything_but_a_document_error(content: dict[str, object]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read(written(content))
    except DocumentError as error:
        problems = error.problems
    assert all(problem.line and problem.column for problem in problems)
