from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect.collection import _merged
from ssoaudit.collect.printed import Printed
from ssoaudit.evidence import Heard, Missing, Read, Reading, ReadStatus, ServerEvidence

START = datetime(2026, 11, 20, 8, 40, tzinfo=timezone.utc)
BEFORE, ENV, LATER = b"noise\r\n", b"SSOAUDIT/1 env ok 3 00 e30=\r\n", b"SSOAUDIT/1 services ok 9 00 e30=\n"
READ = Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data={})
SILENT = Missing(status=ReadStatus.DEADLINE, code="deadline", stage="run", message="silent", hint="")


class Clock:
    """Each look at it is a second after the one before."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return START + timedelta(seconds=self.looks)


def heard(chunks: Sequence[bytes]) -> Heard | None:
    printed = Printed(Clock())
    for chunk in chunks:
        printed.take(chunk)
    assert printed.data == b"".join(chunks)
    return printed.heard


def test_the_clocks_answer_is_stamped_when_it_is_whole() -> None:
    clock = Clock()
    printed = Printed(clock)
    asked = START + timedelta(seconds=clock.looks)
    printed.take(BEFORE + ENV[:-1])
    assert printed.heard is None
    printed.take(ENV[-1:])
    assert printed.heard == Heard(asked=asked, received=asked + timedelta(seconds=1))
    printed.take(LATER + ENV)
    assert printed.heard == Heard(asked=asked, received=asked + timedelta(seconds=1))


@pytest.mark.parametrize("text", [b"", BEFORE, LATER, ENV[:-2], b"x" + ENV, b"SSOAUDIT/1 envy ok\n"])
def test_without_that_answer_nothing_is_stamped(text: bytes) -> None:
    assert heard([text]) is None


@given(st.lists(st.integers(1, len(BEFORE + ENV + LATER)), max_size=6))
def test_it_is_found_however_it_is_cut(cuts: list[int]) -> None:
    whole = BEFORE + ENV + LATER
    places = [0, *sorted(cuts), len(whole)]
    assert heard([whole[first:last] for first, last in pairwise(places)]) is not None


def test_a_second_beginning_forgets_the_first() -> None:
    printed = Printed(Clock())
    printed.take(ENV)
    printed.begin()
    assert printed.data == b""
    assert printed.heard is None
    printed.take(ENV)
    assert printed.heard is not None
    assert printed.heard.asked > START + timedelta(seconds=2)


def visit(seconds: int, reading: Reading) -> ServerEvidence:
    then = START + timedelta(seconds=seconds)
    stamp = Heard(asked=then, received=then) if isinstance(reading, Read) else None
    return ServerEvidence(name="NODE1", started=then, finished=then, topics={"env": reading}, heard=stamp)


@pytest.mark.parametrize(("second", "seconds"), [(READ, 60), (SILENT, 0)])
def test_of_two_visits_the_stamp_is_that_of_the_answer_kept(second: Reading, seconds: int) -> None:
    both = _merged(visit(0, READ), visit(60, second))
    assert both.heard is not None
    assert both.heard.asked == START + timedelta(seconds=seconds)
