"""How long collecting over WinRM takes: the product, three other clients and the time below which none can come.

    python -m tests.benchmarks.collect_winrm [--nodes 10,50,200,1000] [--repeat 3] [--quick] [--json FILE]

Nothing is asserted. Every client runs in a process of its own, the nodes in one more (see `workload` for them).
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from tabulate import tabulate

from tests.benchmarks import workload
from tests.benchmarks.nodes import Nodes

PRODUCT, RUN_PS, WINRS, TESTINFRA = "collection", "run_ps", "winrs", "testinfra_host"
NAMES = {
    PRODUCT: "ssoaudit",
    RUN_PS: "pywinrm run_ps per fact",
    WINRS: "pypsrp WinRS, same script",
    TESTINFRA: "testinfra command per fact",
}
FEW, MANY = 10, 1000
DEFAULT_WORKERS, MORE_WORKERS = 64, 128
LIBRARIES = ("pywinrm", "requests", "urllib3", "requests-ntlm", "pyspnego", "pypsrp", "pytest-testinfra")
MEGABYTE = 2**20


@dataclass(frozen=True)
class Result:
    """What one client took for some nodes: the best of its runs. Seconds and bytes; `bound` is None for per-fact."""

    variant: str
    nodes: int
    workers: int
    walls: tuple[float, ...]
    bound: float | None
    cpu: float
    requests: int
    logons: int
    plaintext_bodies: int
    open_shells: int
    peak: int
    extrapolated: bool = False

    @property
    def wall(self) -> float:
        """The fastest run: what the machine's other work adds is not the client's."""
        return min(self.walls)


def plan(counts: Sequence[int], *, quick: bool) -> Iterator[tuple[str, int, int]]:
    """Which client visits how many nodes with how many workers."""
    for count in counts:
        default = min(count, DEFAULT_WORKERS)
        for workers in sorted({default, min(count, MORE_WORKERS)} if count < MANY else {default}):
            yield PRODUCT, count, workers
            if count < MANY:
                yield WINRS, count, workers
        if count == min(counts):
            yield RUN_PS, count, 1
            yield TESTINFRA, count, 1
        if count < MANY and not (quick and count > FEW):
            yield RUN_PS, count, default


def measure(nodes: Nodes, variant: str, count: int, workers: int, repeat: int) -> Result | str:
    """The best of some runs, or the package that is not there."""
    per_fact = variant in (RUN_PS, TESTINFRA)
    runs = []
    for _ in range(1 if per_fact or count >= MANY else repeat):
        taken = nodes.visit(variant, count, workers)
        if "missing" in taken:
            return str(taken["missing"])
        if taken["answered"] != count:
            raise SystemExit(f"{NAMES[variant]}: {taken['answered']} of {count} nodes answered; see above.")
        runs.append(taken)
    best = min(runs, key=lambda run: run["wall"])
    bound = None if per_fact else workload.bound(count, workers, ours=variant == PRODUCT)
    if bound is not None and best["wall"] < bound:
        raise SystemExit(
            f"{NAMES[variant]}: {best['wall']:.2f} s is below the bound of {bound:.2f} s: nodes answer too soon."
        )
    return Result(
        variant=variant,
        nodes=count,
        workers=workers,
        walls=tuple(run["wall"] for run in runs),
        bound=bound,
        cpu=best["cpu"],
        requests=best["requests"],
        logons=best["logons"],
        plaintext_bodies=best["plaintext_bodies"],
        open_shells=best["open_shells"],
        peak=best["peak"],
    )


def extrapolated(results: Sequence[Result], counts: Sequence[int]) -> Iterator[Result]:
    """What one after the other would take for more nodes: as many times longer."""
    for result in results:
        if result.workers == 1:
            for count in counts:
                if count > result.nodes:
                    walls = (result.wall * count / result.nodes,)
                    yield Result(**{**asdict(result), "nodes": count, "walls": walls, "extrapolated": True})


def table(results: Sequence[Result]) -> str:
    """The results, for people."""
    headers = ("Client", "Nodes", "Workers", "Wall s", "Bound s", "Ratio", "CPU ms/node", "Requests/node", "Peak MB")
    rows = [
        (
            NAMES[result.variant],
            result.nodes,
            result.workers,
            f"~{result.wall:.0f}" if result.extrapolated else f"{result.wall:.2f}",
            "" if result.bound is None else f"{result.bound:.2f}",
            "" if result.bound is None else f"{result.wall / result.bound:.2f}",
            "" if result.extrapolated else f"{result.cpu * 1000 / result.nodes:.1f}",
            "" if result.extrapolated else f"{result.requests / result.nodes:.1f}",
            "" if result.extrapolated else f"{result.peak / MEGABYTE:.0f}",
        )
        for result in sorted(results, key=lambda each: (each.nodes, list(NAMES).index(each.variant), each.workers))
    ]
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 8))


def remarks(results: Sequence[Result]) -> Iterator[str]:
    """What follows from the figures."""
    look, everything = workload.LOOK, workload.EVERYTHING
    yield (
        f"Bound = {workload.visit(look):.3f} s for the first look + ceil(nodes / workers) x "
        f"{workload.visit(everything):.3f} s; each is {workload.ROUND_TRIP} s x (1 to connect + "
        f"{workload.requests(look)} or {workload.requests(everything)} requests - 1 that waits for the script) + "
        f"{workload.seconds(workload.stdin(look)):.3f} or {workload.seconds(workload.stdin(everything)):.3f} s for the "
        "script. pypsrp makes no first look, and a request more per visit."
    )
    found = {(each.variant, each.nodes, each.workers): each for each in results if not each.extrapolated}
    for (variant, count, workers), serial in found.items():
        ours = found.get((PRODUCT, count, min(count, DEFAULT_WORKERS)))
        if workers == 1 and count > 1 and ours is not None:
            yield f"{count} nodes: {serial.wall / ours.wall:.1f} times faster than {NAMES[variant]} without threads."
    few, many = found.get((PRODUCT, 200, DEFAULT_WORKERS)), found.get((PRODUCT, MANY, DEFAULT_WORKERS))
    if few is not None and many is not None:
        grown = (many.peak - few.peak) / (many.nodes - few.nodes) / MEGABYTE
        yield f"Memory grows by {grown:.2f} MB per node from {few.nodes} to {many.nodes} nodes."
    unsealed = sum(each.plaintext_bodies for each in results)
    left = sum(each.open_shells for each in results)
    yield f"Bodies in clear: {unsealed}; shells left open: {left}."


def surroundings(idle: float) -> str:
    """The machine, how busy it was before (of one minute's load) and is now, and the versions."""
    versions = ", ".join(f"{name} {version}" for name in LIBRARIES if (version := _version(name)))
    today, busy = datetime.now(timezone.utc).date(), f"load {idle:.1f} before, {os.getloadavg()[0]:.1f} after"
    return f"{today}, {os.cpu_count()} cores ({busy}), Python {platform.python_version()}, {versions}."


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long collecting over WinRM takes.")
    parser.add_argument("--nodes", default=f"{FEW},50,200,{MANY}", help="how many nodes, separated by commas")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts")
    parser.add_argument("--quick", action="store_true", help="2, 10 and 50 nodes, one run each")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    counts = [2, FEW, 50] if options.quick else sorted({int(count) for count in options.nodes.split(",")})
    repeat = 1 if options.quick else options.repeat
    results, notes, idle = [], [], os.getloadavg()[0]
    workload.pad_script()
    with Nodes(max(counts)) as nodes:
        for variant, count, workers in plan(counts, quick=options.quick):
            sys.stderr.write(f"{NAMES[variant]}: {count} nodes, {workers} workers\n")
            result = measure(nodes, variant, count, workers, repeat)
            if isinstance(result, Result):
                results.append(result)
            elif (note := f"Not measured: {NAMES[variant]}: {result} is not installed.") not in notes:
                notes.append(note)
    results += list(extrapolated(results, [count for count in counts if count < MANY]))
    machine = surroundings(idle)
    notes = [f"{machine} Best of {repeat} (per fact, and {MANY} nodes: one run).", *remarks(results), *notes]
    sys.stdout.write("\n".join((table(results), "", *notes)) + "\n")
    if options.json:
        figures = {"surroundings": machine, "notes": notes, "results": [asdict(each) for each in results]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
