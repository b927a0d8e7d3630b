import json
import os
import sys
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ssoaudit import record
from ssoaudit.documents import DocumentError
from ssoaudit.evidence import Evidence
from ssoaudit.record import Record, RunRecord
from ssoaudit.result import Result

SOURCE = Path("a.json")


class Leaf(Record):
    name: str
    sizes: tuple[int, ...]


class Tree(Record):
    schema_version: Literal[3]
    leaves: dict[str, Leaf]


trees = st.builds(
    Tree,
    schema_version=st.just(3),
    leaves=st.dictionaries(st.text(), st.builds(Leaf, name=st.text(), sizes=st.lists(st.integers()).map(tuple))),
)


def parse(data: bytes) -> Tree:
    return record.parse(data, SOURCE, Tree, 3, "tree")


def refused(data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(data)
    return str(caught.value)


@given(trees)
def test_what_is_written_is_read(tree: Tree) -> None:
    data = record.dump(tree)
    assert parse(data) == tree
    assert record.dump(parse(data)) == data
    assert data.isascii()


@given(st.dictionaries(st.text(), st.builds(Leaf, name=st.text(), sizes=st.just(())), max_size=5))
def test_the_order_of_making_does_not_show(leaves: dict[str, Leaf]) -> None:
    backwards = dict(reversed(leaves.items()))
    assert record.dump(Tree(schema_version=3, leaves=leaves)) == record.dump(Tree(schema_version=3, leaves=backwards))


@given(trees, st.data())
def test_a_cut_file_is_refused(tree: Tree, data: st.DataObject) -> None:
    whole = record.dump(tree).rstrip()
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert refused(part).startswith("a.json:")


@given(st.binary(max_size=200))
def test_garbage_is_refused_in_a_sentence(data: bytes) -> None:
    assert refused(data).startswith("a.json:")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{\n  "schema_version" 3}', "a.json:2:20: this is no JSON: "),
        ("[]", "a.json: this is no tree; give a file that ssoaudit wrote"),
        ("{}", "a.json: this is no tree; give a file that ssoaudit wrote"),
        ('{"schema_version": "3"}', "a.json: this is no tree; give a file that ssoaudit wrote"),
        ('{"schema_version": 4}', "a.json: the tree has schema version 4, this ssoaudit reads 3; use the version "),
        ('{"schema_version": 3}', "a.json: the tree is not whole: leaves: field required; "),
        ('{"schema_version": 3, "leaves": {}, "x": 1}', "a.json: the tree is not whole: x: "),
        ('{"verdict": 1, "findings": 1, "checks": 1}', "a.json: this is a result, not a tree; evaluate reads an "),
        (
            '{"schema_version": 3, "leaves": {}, "\\u001b]0;x\\u0007\\u202e": 1}',
            "a.json: the tree is not whole: \\x1b]0;x\\x07\\u202e: ",
        ),
    ],
)
def test_what_is_wrong_is_told(text: str, sentence: str) -> None:
    assert refused(text.encode()).startswith(sentence)


RUN = {
    "id": "1",
    "operator": "o",
    "auditor": "a",
    "version": "0",
    "script_sha256": "",
    "unsafe_options": [],
    "started": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize("finished", ["2026-01-01T00:00:00+01:00", "2000-01-01T00:00:00Z", "2200-12-31T23:59:59Z"])
def test_a_time_of_our_age(finished: str) -> None:
    run = RunRecord.model_validate_json(json.dumps({**RUN, "finished": finished}))
    assert run.finished.tzinfo is not None


@pytest.mark.parametrize(
    "finished",
    [
        "2026-01-01T00:00:00",
        "1999-12-31T23:59:59Z",
        "2201-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_without_zone_or_of_another_age_is_refused(finished: str) -> None:
    with pytest.raises(ValidationError, match="finished"):
        RunRecord.model_validate_json(json.dumps({**RUN, "finished": finished}))


def test_deep_nesting_is_refused() -> None:
    assert refused(b"[" * 100_000).startswith("a.json:")


def test_a_value_is_not_repeated() -> None:
    assert "canary" not in refused(b'{"schema_version": 3, "leaves": "canary"}')


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="this is a directory, not a file"):
        record.read(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in directories")
def test_a_pipe_or_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(DocumentError, match="this is not a regular file; save it to a file first"):
            record.read(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(record.MAXIMUM_BYTES + 1)
    with pytest.raises(DocumentError, match="the file is larger than 256 MiB"):
        record.read(path)


def test_records_are_frozen_and_know_their_fields() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Leaf(name="a", sizes=()).name = "b"
    with pytest.raises(ValueError, match="Extra inputs"):
        Leaf.model_validate({"name": "a", "sizes": (), "colour": "red"})


@pytest.mark.parametrize("model", [Evidence, Result])
def test_the_schema_names_every_field(model: type[Record]) -> None:
    schema = record.json_schema(model, "title")
    assert (schema["title"], schema["additionalProperties"]) == ("title", False)
    assert set(schema["properties"]) == set(model.model_fields)
    assert json.loads(json.dumps(schema)) == schema
