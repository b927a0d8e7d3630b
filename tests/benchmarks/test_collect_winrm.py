import asyncio

import pytest

pytest.importorskip("resource", reason="the benchmark needs a Unix")

from ssoaudit.lab.command import Reply
from tests.benchmarks import collect_winrm, workload
from tests.benchmarks.collect_winrm import PRODUCT, RUN_PS, WINRS, Result
from tests.benchmarks.distant import SlowProcess
from tests.benchmarks.nodes import Nodes


def result(variant: str, nodes: int, workers: int, *walls: float, peak: int = 0, bound: float | None = None) -> Result:
    return Result(variant, nodes, workers, walls, bound, 0.1, 5, 1, 0, 0, peak)


def test_the_product_is_measured_for_what_it_asks() -> None:
    with Nodes(2) as nodes:
        taken = nodes.visit(PRODUCT, 2, 2)
        missing = nodes.visit("none_such", 1, 1)
    asked = workload.requests(workload.LOOK) + 2 * workload.requests(workload.EVERYTHING)
    assert {name: taken[name] for name in ("answered", "requests", "logons", "plaintext_bodies", "open_shells")} == {
        "answered": 2,
        "requests": asked,
        "logons": 3,
        "plaintext_bodies": 0,
        "open_shells": 0,
    }
    assert missing["missing"] == "tests.benchmarks.variants.none_such"


def test_a_command_of_a_distant_node_has_not_ended_at_once() -> None:
    async def begun() -> bool:
        process = SlowProcess(lambda _: Reply(b"answer"), lambda _: 600.0)
        process.feed(b"", end=True)
        return process.progress.is_set()

    assert asyncio.run(begun()) is False


class _Hasty:
    """Nodes that answer before they can."""

    def visit(self, *_: object) -> dict[str, float]:
        return {"answered": 2, "wall": 0.01}


def test_a_time_that_cannot_be_is_no_result() -> None:
    with pytest.raises(SystemExit, match="nodes answer too soon"):
        collect_winrm.measure(_Hasty(), PRODUCT, 2, 2, 1)  # type: ignore[arg-type]


def test_the_bound_is_the_slowest_worker() -> None:
    one, look = workload.visit(workload.EVERYTHING), workload.visit(workload.LOOK)
    assert one == pytest.approx(workload.requests(workload.EVERYTHING) * 0.040 + 0.350 + 12 * 0.046)
    assert look == pytest.approx(workload.requests(workload.LOOK) * 0.040 + 0.350 + 4 * 0.046)
    assert workload.bound(65, 64, ours=True) == pytest.approx(look + 2 * one)
    assert workload.bound(65, 64, ours=False) == pytest.approx(2 * (one + 0.040))


def test_the_best_run_counts_and_what_was_not_run_is_marked() -> None:
    serial = result(RUN_PS, 10, 1, 95.0)
    (more,) = collect_winrm.extrapolated([serial, result(RUN_PS, 10, 10, 9.0)], [10, 50])
    table = collect_winrm.table([more, serial, result(PRODUCT, 10, 10, 2.6, 2.5, bound=2.0)])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert [row[:6] for row in rows] == [
        ["ssoaudit", "10", "10", "2.50", "2.00", "1.25"],
        ["pywinrm run_ps per fact", "10", "1", "95.00", "", ""],
        ["pywinrm run_ps per fact", "50", "1", "~475", "", ""],
    ]


def test_speed_and_memory_are_told() -> None:
    results = [
        result(PRODUCT, 10, 10, 2.5),
        result(RUN_PS, 10, 1, 100.0),
        result(WINRS, 10, 10, 1.5),
        result(PRODUCT, 200, 64, 8.0, peak=200 * 2**20),
        result(PRODUCT, 1000, 64, 40.0, peak=600 * 2**20),
    ]
    told = list(collect_winrm.remarks(results))
    assert "10 nodes: 40.0 times faster than pywinrm run_ps per fact without threads." in told
    assert "Memory grows by 0.50 MB per node from 200 to 1000 nodes." in told
    assert len(told) == 4
