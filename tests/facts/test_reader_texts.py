"""What a reader must say where no PowerShell is at hand to run it: the lines that a mistake once stood in."""

import re
from importlib.resources import files

import pytest

from ssoaudit.collect.script import script
from ssoaudit.facts import Services
from ssoaudit.lab.estate import NODES, healthy


def reader(name: str) -> str:
    return files("ssoaudit.facts").joinpath(f"{name}.ps1").read_text(encoding="ascii")


def function(name: str) -> str:
    """One function of the script, up to the next."""
    return script().split(f"function {name}")[1].split("\nfunction ")[0]


def test_no_event_is_rendered_and_no_wrong_query_tolerated() -> None:
    assert "Get-WinEvent" not in script()
    assert not re.search(r"FormatDescription|LevelDisplayName|\.ToXml|\.Message\b", reader("event_log"))
    assert "$asked.TolerateQueryErrors = $false" in function("Get-LogReader")


def test_reading_a_log_has_one_budget_of_time() -> None:
    assert reader("event_log").count("[Diagnostics.Stopwatch]::StartNew()") == 1
    assert reader("event_log").count(".ReadEvent([TimeSpan]::FromMilliseconds($left))") == 1
    assert ".ReadEvent()" not in reader("event_log")


def test_whoever_opens_a_log_closes_it() -> None:
    for name in ("Get-OldestTime", "Get-NewestEvents"):
        assert re.search(r"finally \{\n +\$reader\.Dispose\(\)", function(name))


@pytest.mark.parametrize(
    ("topic", "rows"),
    [
        ("services", r"\$own"),
        ("cluster_settings", "MSCluster_ClusterToQuorumResource"),
        ("cluster_settings", "MSCluster_ResourceGroupToPreferredNode"),
        ("cluster_view", "MSCluster_ResourceToPossibleOwner"),
    ],
)
def test_rows_that_refer_to_nothing_are_left_out(topic: str, rows: str) -> None:
    assert re.search(rf"{rows} \| Where-Object \{{ \$null -ne \$_\.\w+", reader(topic))


def test_a_service_may_have_told_no_exit_code() -> None:
    data = healthy().machines[NODES[0]].facts[Services.topic].model_dump(mode="json")
    data["services"][0].update(exit_code=None, service_exit_code=None)
    found = Services.read(data)
    assert (found.services[0].exit_code, found.services[0].service_exit_code) == (None, None)


def test_without_a_cluster_any_failure_of_its_namespace_is_absence() -> None:
    assert "0x8004100E" not in function("Get-OwnCluster")
    assert function("Get-OwnCluster").index("gave no cluster") < function("Get-OwnCluster").index("catch {")


def test_a_value_of_another_type_is_told_by_its_kind() -> None:
    assert "if ($code -eq 2147749893) { throw (New-Object InvalidCastException" in function("Invoke-Registry")
    for name in ("Get-PartText", "Get-PartNumber", "Get-AliasTarget"):
        assert "-ne 'System.InvalidCastException') { throw }" in function(name)
    assert "foreach ($name in @($Lacking.Keys)) { $Data.Remove($name) }" in function("ConvertTo-Capped")


def test_the_registry_is_read_in_both_views() -> None:
    assert r"'SOFTWARE\Wow6432Node\Microsoft\ENTSSO'" in reader("entsso_registry")
    assert r"'SOFTWARE\Wow6432Node\Classes\CID'" in reader("msdtc_identities")


def test_a_line_of_the_hosts_file_may_have_the_short_name() -> None:
    assert "-or $labels -contains $words[$index]" in function("Get-HostsEntries")


def test_too_many_names_are_refused_before_the_first_connection() -> None:
    text = reader("endpoint_mapper")
    assert 0 < text.index("$names.Count -gt 8") < text.index("Invoke-EndpointMapper $name")
    assert "TcpClient 'InterNetworkV6'; try { $client.Client.DualMode = $true;" in text


def test_members_of_a_load_balancer_are_asked_for_only_where_one_is_configured() -> None:
    text = reader("nlb")
    assert "if ($data.interfaces.Count -gt 0) { $data.nodes = @(Get-CimInstance" in text


def test_what_is_too_much_for_the_resolver_is_lacking() -> None:
    text = reader("dns")
    assert "Select-Object -First" not in text
    assert "$lacking.forward =" in text
    assert "$lacking.reverse =" in text
