import pytest
from pydantic import ValidationError

from ssoaudit.facts import Cid, EntssoRegistry, Env, MsdtcIdentities, Service, Services
from ssoaudit.lab.estate import healthy

MINE = Cid(guid="{AAAAAAAA-0000-0000-0000-000000000001}", description="MSDTC")
SHARED = Cid(guid="bbbbbbbb-0000-0000-0000-000000000001", description="MSDTCUIS")


def service(name: str, state: str) -> Service:
    return Service(
        name=name,
        display_name=name,
        state=state,
        start_mode="Manual",
        delayed_start=None,
        start_name=None,
        process_id=0,
        exit_code=0,
        service_exit_code=0,
        path=None,
        depends_on=(),
        failure_actions=None,
    )


def services_of(*services: Service) -> Services:
    return Services(services=services, processes=(), own_accounts=())


def test_own_identities_are_the_local_ones_where_there_are_some() -> None:
    assert MsdtcIdentities(contact=(SHARED,), contact_32_bit=None, local=(MINE,), clustered=None).own == (MINE,)
    assert MsdtcIdentities(contact=(SHARED,), contact_32_bit=None, local=(), clustered=None).own == ()


def test_without_local_identities_the_contact_is_the_machines_own() -> None:
    assert MsdtcIdentities(contact=(MINE,), contact_32_bit=None, local=None, clustered=None).own == (MINE,)


def test_a_cid_is_compared_without_braces_and_case() -> None:
    assert MINE.id == "aaaaaaaa-0000-0000-0000-000000000001"


@pytest.mark.parametrize("name", ["ENTSSO", "entsso", "EntSso"])
def test_a_service_is_found_by_its_name_in_any_case(name: str) -> None:
    entsso = service("EntSSO", "Running")
    services = services_of(service("MSDTC", "Stopped"), entsso)
    assert services.get(name) is entsso
    assert services.entsso is entsso


def test_a_service_that_is_not_installed_is_none() -> None:
    assert services_of().entsso is None


@pytest.mark.parametrize(
    ("state", "stopped", "pending"),
    [
        ("Stopped", True, False),
        ("Running", False, False),
        ("Start Pending", False, True),
        ("Stop Pending", False, True),
        ("Paused", False, False),
        ("", False, False),
    ],
)
def test_states_of_a_service(state: str, *, stopped: bool, pending: bool) -> None:
    assert (service("X", state).is_stopped, service("X", state).is_pending) == (stopped, pending)


@pytest.mark.parametrize(("server", "database"), [(None, "SSODB"), ("SQL1", None), ("", "SSODB"), (None, None)])
def test_entsso_without_its_database_is_not_configured(server: str | None, database: str | None) -> None:
    registry = EntssoRegistry(
        product_name=None,
        product_version=None,
        install_path=None,
        sql_server=server,
        sql_database=database,
        in_32_bit_view=None,
        sql_aliases=(),
    )
    assert not registry.is_configured
    assert registry.model_copy(update={"sql_server": "SQL1", "sql_database": "SSODB"}).is_configured


def test_a_clock_without_a_zone_is_refused() -> None:
    env = next(iter(healthy().machines.values())).facts["env"]
    data = env.model_dump(mode="json")
    assert Env.read({**data, "time": "2026-11-21T06:00:00.1234567Z"}).time.isoformat() == (
        "2026-11-21T06:00:00.123456+00:00"
    )
    with pytest.raises(ValidationError, match="timezone"):
        Env.read({**data, "time": "2026-11-21T06:00:00"})
