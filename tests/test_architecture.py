"""Who may know whom: the contracts name every module, and only two rooms have a door outside."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
ROOMS = {"ssoaudit.checks": ROOT / "checks", "ssoaudit.reports": ROOT / "reports"}
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract
    for contract in tomllib.loads(Path(ROOT, "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
}
COMMAND_LINE = {"cli", "__main__"}
# What a contract leaves out, since its sources may import it.
EXCEPTIONS: dict[str, set[str]] = {
    "Checks know the plugin API and the facts": {"facts", "plugin"},
    "Reports know the result": {"documents", "record", "result", "version", "vocabulary"},
    "Facts know nothing of ours": set(),
    "Collecting does not judge": {
        "credentials",
        "documents",
        "evidence",
        "facts",
        "inventory",
        "pilot",
        "record",
        "version",
        "vocabulary",
    },
    "Judging has no door outside": COMMAND_LINE,
    "Nothing imports the command line": {"__main__"},
}
DOORS = {"pyodbc", "requests", "socket", "ssl", "subprocess", "urllib3", "winrm"}
BEHIND_DOORS = {"ssoaudit.collect", "ssoaudit.lab"}


def top_modules() -> set[str]:
    here = Path(ROOT, "ssoaudit")
    files = {path.stem for path in here.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in here.glob("*/__init__.py")} | {"checks", "reports"}


def named(contract: dict[str, Any]) -> set[str]:
    modules = (*contract["source_modules"], *contract["forbidden_modules"])
    return {module.removeprefix("ssoaudit.") for module in modules if module.startswith("ssoaudit.")}


def test_every_contract_has_its_exceptions() -> None:
    assert CONTRACTS.keys() == EXCEPTIONS.keys()


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_a_contract_names_every_module(name: str) -> None:
    assert named(CONTRACTS[name]) == top_modules() - EXCEPTIONS[name]


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product below its top module's name."""
    for path in Path(ROOT, "ssoaudit").rglob("*.py"):
        steps = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(steps[:2]), ast.parse(path.read_bytes())
    for name, folder in ROOMS.items():
        for path in folder.rglob("*.py"):
            yield name, ast.parse(path.read_bytes())


def imported(tree: ast.AST) -> set[str]:
    """What is imported anywhere in a tree, `from a import b` as a.b; by name in a call, too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            found |= {str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)}
    return found


def test_only_two_rooms_have_a_door_outside() -> None:
    opened = {name for name, tree in sources() if DOORS & {module.split(".")[0] for module in imported(tree)}}
    assert opened == BEHIND_DOORS


def test_only_commands_that_need_these_rooms_enter_them() -> None:
    """In `cli` inside a function, so that the other commands start without the libraries."""
    for name, tree in sources():
        lasting = imported(ast.Module([node for node in tree.body if not is_read_later(node)], []))
        entered = {module for module in imported(tree) if is_behind_doors(module)}
        assert not entered or name in {*BEHIND_DOORS, "ssoaudit.cli"}, name
        assert not (name == "ssoaudit.cli" and entered & lasting), entered


def is_read_later(node: ast.stmt) -> bool:
    """Whether what is imported there is not as the module is: in a definition, or for the type checker alone."""
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def is_behind_doors(module: str) -> bool:
    return ".".join(module.split(".")[:2]) in BEHIND_DOORS
