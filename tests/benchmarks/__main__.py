"""Speed, as ratios against something measured in the same run; `make bench` prints them. Nothing is asserted."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from tabulate import tabulate

from ssoaudit import record
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence
from ssoaudit.facts import Env
from ssoaudit.lab.estate import BIZTALK, healthy
from ssoaudit.registry import find_checks, find_reports
from ssoaudit.vocabulary import Profile
from tests.checks.bundles import bundle

ROUNDS = 7
Row = tuple[str, str, float, float, float]


def seconds(work: Callable[[], object]) -> float:
    """The median time of some rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def python(code: str) -> Callable[[], object]:
    """A fresh interpreter that runs some code."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code


def large_estate(servers: int) -> Evidence:
    """The lab's estate with many BizTalk servers."""
    estate = healthy()
    original = estate.machines[BIZTALK[0]]
    machines = dict(estate.machines)
    for number in range(servers):
        name = f"BTSAPP{number + 10:04d}"
        env = original.facts[Env.topic].model_copy(update={"computer_name": name})
        machines[name] = replace(original.alter(env), name=name)
    return bundle(replace(estate, machines=machines))


def row(what: str, against: str, work: Callable[[], object], yardstick: Callable[[], object]) -> Row:
    """One line of the table."""
    taken, unit = seconds(work), seconds(yardstick)
    return what, against, taken * 1000, unit * 1000, taken / unit


def rows() -> list[Row]:
    """What is measured."""
    evidence, catalogue, html = large_estate(200), find_checks(), find_reports()["html"].load()
    data = record.dump(evidence)
    result = evaluate(evidence, catalogue, Profile.PREFLIGHT, sha256="")
    bare = python("pass")
    return [
        row("import the command line", "bare Python", python("import ssoaudit.cli"), bare),
        row("import the engine", "bare Python", python("import ssoaudit.evaluate"), bare),
        row(
            "judge 205 servers",
            "json.loads of the bundle",
            lambda: evaluate(evidence, catalogue, Profile.PREFLIGHT, sha256=""),
            lambda: json.loads(data),
        ),
        row(
            "draw the HTML report of 205 servers",
            "dump of the bundle",
            lambda: html.render(result),
            lambda: record.dump(evidence),
        ),
    ]


if __name__ == "__main__":
    headers = ("What", "Against", "ms", "ms there", "Ratio")
    sys.stdout.write(tabulate(rows(), headers=headers, floatfmt=".1f") + "\n")
