"""One client of one benchmark, in a process of its own: an order on stdin, what it took on stdout."""

import importlib
import json
import resource
import sys
import time

from tests.benchmarks.workload import Order

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measure(order: Order) -> dict[str, float]:
    """Seconds, seconds of CPU and the peak of memory in bytes; imports are not counted, their memory is."""
    variant = importlib.import_module(f"tests.benchmarks.variants.{order.variant}")
    before, started = _cpu(), time.perf_counter()
    answered = variant.collect(order)
    wall = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
    return {"answered": answered, "wall": wall, "cpu": _cpu() - before, "peak": peak}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    order = Order(**json.loads(sys.stdin.readline()))
    try:
        answer: dict[str, object] = dict(measure(order))
    except ImportError as error:
        answer = {"missing": str(error.name)}
    sys.stdout.write(json.dumps(answer) + "\n")
