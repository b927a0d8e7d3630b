"""The inventories that the workflow for Windows writes, which nobody runs where ssoaudit is made."""

import re
from pathlib import Path

import pytest

from ssoaudit.cli import cli
from ssoaudit.inventory import load

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "windows.yml"
WRITTEN = re.compile(r'@"\n(?P<text>.*?)\n *"@ \| Set-Content (?P<name>\S+)\n', re.DOTALL)
COLLECTED = re.compile(r"foreach \(\$way in (.*)\) \{\n *ssoaudit collect \"\$way\.yaml\"")


def inventories() -> dict[str, str]:
    """Each inventory as PowerShell writes it on a machine RUNNER."""
    found = WRITTEN.finditer(WORKFLOW.read_text(encoding="utf-8"))
    return {each["name"]: each["text"].replace("$env:COMPUTERNAME", "RUNNER") for each in found}


@pytest.mark.parametrize("name", ["name.yaml", "address.yaml"])
def test_an_inventory_of_the_workflow_is_one(name: str, tmp_path: Path) -> None:
    written = tmp_path / name
    written.write_text(inventories()[name], encoding="utf-8")
    inventory = load(written)
    assert [server.name for server in inventory.nodes] == ["RUNNER"]
    assert inventory.winrm.user == "RUNNER\\ssoaudit"


def test_the_workflow_collects_with_every_inventory_that_it_writes() -> None:
    (ways,) = COLLECTED.findall(WORKFLOW.read_text(encoding="utf-8"))
    assert {f"{way}.yaml" for way in re.findall(r"'(\w+)'", ways)} == set(inventories())


def test_the_workflow_collects_the_runner_in_every_other_way() -> None:
    """Each line with ssoaudit in it has options that there are."""
    lines = [
        line.split() for line in WORKFLOW.read_text(encoding="utf-8").splitlines() if "          ssoaudit " in line
    ]
    options = [[word for word in line if word.startswith("-")] for line in lines]
    assert [option for option in options if "--local" in option or "--from" in option] == [
        ["--local", "-o"],
        ["--from", "--offline", "-o"],
    ]
    for line in lines:
        command = cli.commands[line[1]]
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in line if word.startswith("-")} <= known
