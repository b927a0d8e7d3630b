from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import pytest
from estate_database import FIRST, THEN

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.sql.catalogue import CATALOGUE
from ssoaudit.collect.sql.rows import data

QUERY = next(query for query in CATALOGUE if query.model.topic == "windows_password_secrets")


@dataclass
class Cursor:
    """As much of a cursor as is read: a description, then rows."""

    description: tuple[tuple[object, ...], ...] | None
    rows: tuple[tuple[object, ...], ...]

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return iter(self.rows)


class Unfetched(Cursor):
    def __iter__(self) -> NoReturn:
        pytest.fail("a value was fetched")


def described(kind: type = str, size: int = 36) -> tuple[tuple[object, ...], ...]:
    return (
        ("wp_msid", kind, None, size, size, 0, True),
        ("number", int, None, 19, 19, 0, True),
        ("oldest", datetime, None, 23, 23, 3, True),
        ("newest", datetime, None, 23, 23, 3, True),
    )


@pytest.mark.parametrize(
    "description",
    [
        None,
        (),
        described()[:3],
        (*described(), ("wp_password", str, None, 36, 36, 0, True)),
        tuple(reversed(described())),
        described(bytes),
        described(bytearray),
        described(float),
        described(size=0),
        described(size=4001),
        described(size=2**31 - 1),
    ],
)
def test_what_was_not_asked_for_is_not_even_fetched(description: tuple[tuple[object, ...], ...] | None) -> None:
    with pytest.raises(Fault) as caught:
        data(QUERY, Unfetched(description, ()))

    assert caught.value.code == "malformed"


def test_values_become_what_the_evidence_holds() -> None:
    cursor = Cursor(described(), ((FIRST.lower(), 3, THEN, None), ("half \ud83d a pair", True, THEN, THEN)))

    assert data(QUERY, cursor) == {
        "rows": [
            {"wp_msid": FIRST, "number": 3, "oldest": "2026-11-20T06:30:15.120000", "newest": None},
            {"wp_msid": "half \ufffd a pair", "number": True, "oldest": THEN.isoformat(), "newest": THEN.isoformat()},
        ]
    }


def test_an_endless_answer_is_left_off() -> None:
    class Endless(Cursor):
        def __iter__(self) -> Iterator[tuple[object, ...]]:
            while True:
                yield FIRST, 1, THEN, THEN

    with pytest.raises(Fault) as caught:
        data(QUERY, Endless(described(), ()))

    assert caught.value.code == "too-large"


@pytest.mark.parametrize("value", [b"bytes", 1.5, object()])
def test_a_value_of_another_kind_is_not_kept(value: object) -> None:
    with pytest.raises(Fault) as caught:
        data(QUERY, Cursor(described(), ((value, 1, THEN, THEN),)))

    assert caught.value.code == "malformed"
