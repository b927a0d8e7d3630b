"""Finds checks and reports by their entry points; names and disables the broken."""

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from ssoaudit.plugin import Check

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registered:
    """A check and the id by which everyone knows it; `source` is the distribution it came with."""

    id: str
    check: Check[Any]
    source: str


@dataclass(frozen=True)
class Catalogue:
    """Every check found, in the order of their ids, and one sentence for each that is broken."""

    checks: tuple[Registered, ...]
    problems: tuple[str, ...]

    def get(self, check_id: str) -> Registered | None:
        """The check of that id or alias, or None."""
        for registered in self.checks:
            if check_id == registered.id or check_id in registered.check.aliases:
                return registered
        return None


def find_checks(group: str = "ssoaudit.checks") -> Catalogue:
    """Import every module below the group's entry points and take the check of the module's name from each."""
    return catalogue(_candidates(point) for point in sorted(entry_points(group=group), key=lambda point: point.name))


def find_reports(group: str = "ssoaudit.reports") -> dict[str, EntryPoint]:
    """The reports by name; each is loaded when it is asked for."""
    return {point.name: point for point in entry_points(group=group)}


def catalogue(candidates: "Iterator[Iterator[Registered | str]]") -> Catalogue:
    """Sort what was found into checks and problems; of two checks with one id the first is kept."""
    checks: dict[str, Registered] = {}
    problems: list[str] = []
    for found in (candidate for area in candidates for candidate in area):
        if isinstance(found, str):
            problems.append(found)
        elif found.id in checks:
            problems.append(f"{found.id}: {found.source} brings a check of an id that {checks[found.id].source} has")
        else:
            checks[found.id] = found
    return Catalogue(tuple(checks[key] for key in sorted(checks)), tuple(problems))


def _candidates(point: EntryPoint) -> "Iterator[Registered | str]":
    source = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    area = _import(point.value)
    if isinstance(area, str):
        yield f"{point.name}: {area}"
        return
    if not hasattr(area, "__path__"):
        yield f"{point.name}: {point.value} is a module, not a package of checks"
        return
    yield from checks_below(area, point.name, source)


def checks_below(area: ModuleType, prefix: str, source: str) -> "Iterator[Registered | str]":
    """The checks in the modules of a package: the id is the prefix and the module's path, with dashes."""
    for module in pkgutil.walk_packages(area.__path__, f"{area.__name__}.", onerror=lambda _: None):
        path = module.name[len(area.__name__) + 1 :]
        check_id = f"{prefix}.{path}".replace("_", "-")
        imported = _import(module.name)
        if isinstance(imported, str):
            yield f"{check_id}: {imported}"
            continue
        if module.ispkg:
            continue
        check = getattr(imported, path.rsplit(".", 1)[-1], None)
        if isinstance(check, Check):
            yield Registered(check_id, check, source)
        else:
            yield f"{check_id}: the module has no check named {path.rsplit('.', 1)[-1]}"


def _import(name: str) -> ModuleType | str:
    """The module, or one sentence that says why it cannot be used."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a broken plugin may raise anything, and must not end the run
        logger.warning("the check module %s cannot be used", name, exc_info=True)
        return f"cannot be used: {type(error).__name__}: {error}"
