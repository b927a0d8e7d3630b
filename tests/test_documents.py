"""YAML in, models or positions out."""

import contextlib
import datetime as dt
import io
import os
import sys
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ssoaudit.documents import DocumentError, Flaw, FlawError, Problem, did_you_mean, invisible, load, parse, visible

ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HERE = Path("estate.yaml")


class Colour(str, Enum):
    RED = "red"
    GREEN = "green"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=10)
    port: int | None = Field(default=None, ge=1, le=65535)
    colours: tuple[Colour, ...] = ()


class Whole(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    until: dt.date | None = None
    exact: bool = False
    note: str | None = None
    settings: Part | None = None
    words: dict[str, int] = {}
    parts: tuple[Part, ...] = Field(default=(), min_length=1)

    @field_validator("parts")
    @classmethod
    def _labels_differ(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        labels = [part.label for part in parts]
        flaws = [
            Flaw("label used twice", "rename it", (index, "label"))
            for index, label in enumerate(labels)
            if label in labels[:index]
        ]
        if flaws:
            raise FlawError(*flaws)
        return parts


def refused(text: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        parse(text, HERE, Whole)
    return caught.value


def only(text: str) -> str:
    error = refused(text)
    assert len(error.problems) == 1, str(error)
    return str(error)


def refused_file(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load(path, Whole)
    return str(caught.value).replace(str(path), "FILE")


def test_a_document_becomes_its_model(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text("name: x\nuntil: 2030-01-31\nexact: true\nparts:\n- {label: a, port: 1, colours: [red]}\n")
    assert load(path, Whole) == Whole(
        name="x",
        until=dt.date(2030, 1, 31),
        exact=True,
        parts=(Part(label="a", port=1, colours=(Colour.RED,)),),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\nprats: []\n",
            "2:1: unknown key 'prats'; did you mean 'parts'?",
        ),
        (
            "name: x\nparts:\n- label: a\n  zzz: 1\n",
            "4:3: unknown key 'zzz'; known here: label, port, colours",
        ),
        (
            "name: x\nsettings: {label: a, Port: 1}\n",
            "2:22: unknown key 'Port'; did you mean 'port'?",
        ),
        ("note: x\n", "1:1: the key 'name' is missing; add it"),
        (
            "name: x\nparts:\n- label: a\n- port: 1\n",
            "4:3: the key 'label' is missing in parts[1]; add it",
        ),
        (
            "name: 1e3\n",
            "1:7: name must be text, found the number 1e3; quote it: '1e3'",
        ),
        (
            "name: 0o17\n",
            "1:7: name must be text, found the number 0o17; quote it: '0o17'",
        ),
        ("name: true\n", "1:7: name must be text, found true; quote it: 'true'"),
        (
            "name:\n",
            "1:1: name must be text, found nothing; fill it in or leave the key out",
        ),
        ("name: [x]\n", "1:7: name must be text, found a list"),
        (
            "name: x\nparts: {a: b}\n",
            "2:8: parts must be a list, found a mapping",
        ),
        (
            "name: x\nparts: a\n",
            "2:8: parts must be a list, found the text 'a'; put it in brackets, [like, this]",
        ),
        ("name: x\nparts: []\n", "2:8: parts must not be empty; fill it in or leave the key out"),
        (
            "name: x\nsettings: a\n",
            "2:11: settings must be a mapping, found the text 'a'",
        ),
        (
            "name: x\nexact: yes\n",
            "2:8: exact must be true or false, found the text 'yes'; write it without quotes",
        ),
        (
            "name: x\nsettings: {label: a, port: 65536}\n",
            "2:28: settings.port must be from 1 to 65535, found 65536",
        ),
        (
            "name: x\nsettings: {label: a, port: '80'}\n",
            "2:28: settings.port must be a whole number, found the text '80'; leave out the quotes",
        ),
        (
            "name: x\nsettings: {label: a, port: 80.5}\n",
            "2:28: settings.port must be a whole number, found the number 80.5",
        ),
        (
            "name: x\nsettings: {label: a, colours: [gren]}\n",
            "2:32: settings.colours[0] must be one of red, green, found the text 'gren'; did you mean 'green'?",
        ),
        ("name: x\nsettings: {label: ''}\n", "2:19: settings.label must not be empty; fill it in or leave the key out"),
        (
            "name: x\nsettings: {label: aaaaaaaaaaa}\n",
            "2:19: settings.label is longer than 10 characters; shorten it",
        ),
        (
            "name: x\nuntil: 2030-02-31\n",
            "2:8: until must be a date, YYYY-MM-DD, found the text '2030-02-31'",
        ),
        (
            "name: x\nwords: {many: few}\n",
            "2:15: words.many must be a whole number, found the text 'few'",
        ),
        (
            "name: x\nname: y\n",
            "2:1: duplicate key 'name'; it stands in line 1 already; remove one",
        ),
        ("name: !!python/object:os.system x\n", "1:7: the tag 'tag:yaml.org,2002:python/object:os.system' is not"),
        ("name: !!str 1\n", "1:7: the tag 'tag:yaml.org,2002:str' is not accepted; remove it; quote the value"),
        ("name: *there\n", "1:7: the alias 'there' names no finished anchor above"),
        ("name: &a [*a]\n", "1:11: the alias 'a' names no finished anchor above"),
        ("? [a]\n: b\n", "1:3: a key must be text, found a list; check braces and brackets"),
        ("name: x\n---\nname: y\n", "2:1: a second document starts here; keep one document per file; remove the '---'"),
        ("- name\n", "1:1: the file must hold a mapping, found a list; begin with a key and a colon"),
        ("name\n", "1:1: the file must hold a mapping, found the text 'name'"),
        ('name: "a\\eb"\n', "1:7: the text holds the control character U+001B; inside double quotes a backslash"),
        ('name: "a\\ud800b"\n', "1:7: the text holds the control character U+D800; inside double quotes"),
        ("name: a\u202eb\n", "1:7: the text holds the control character U+202E; remove it"),
        ("name: 'x\n", "1:7: YAML syntax: what begins here is never closed; add the closing quote or bracket"),
        ("name: {a: b\n", "1:7: YAML syntax: what begins here is never closed; add the closing quote or bracket"),
        ("name:\n\tx: y\n", "2:1: YAML syntax: a tab where only spaces may stand; indent with spaces"),
        (
            "name: a: b\n",
            "1:8: YAML syntax: a colon where none may stand; quote a value that holds a colon and a space",
        ),
        ('name: "DOM\\Sso"\n', "1:12: YAML syntax: unknown escape in double quotes; inside double quotes a backslash"),
        ("name: @x\n", "1:7: YAML syntax: found character '@' that cannot start any token; check quotes"),
    ],
)
def test_one_mistake_gives_one_sentence_with_its_place(text: str, message: str) -> None:
    assert only(text).startswith(f"estate.yaml:{message}")
    assert "\n" not in only(text)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n"])
def test_an_empty_file_is_called_empty(text: str) -> None:
    assert only(text).startswith("estate.yaml: the file is empty; ")


def test_the_attributes_tell_the_first_problem() -> None:
    error = refused("name: x\nprats: []\nnoted: 1\n")
    assert (error.path, error.line, error.column) == (HERE, 2, 1)
    assert (error.message, error.hint) == ("unknown key 'prats'", "did you mean 'parts'?")
    assert [problem.line for problem in error.problems] == [2, 3]


def test_problems_of_reading_and_of_validation_are_listed_together_in_the_file_s_order() -> None:
    error = refused("exact: 1\nexact: 2\nname: !x 3\npassword: hunter2\nparts:\n- label: 5\n")
    assert [(problem.line, problem.column) for problem in error.problems] == [(1, 8), (2, 1), (3, 7), (4, 1), (6, 10)]


def test_at_most_twenty_problems_are_printed() -> None:
    error = refused("name: x\n" + "".join(f"zz{number}: 1\n" for number in range(23)))
    assert len(error.problems) == 23
    lines = str(error).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "estate.yaml: and 3 more"


def test_a_validator_s_flaws_are_reported_where_they_are() -> None:
    error = refused("name: x\nparts:\n- label: a\n- label: b\n- label: a\n- {label: b}\n")
    assert str(error).splitlines() == [
        "estate.yaml:5:10: label used twice; rename it",
        "estate.yaml:6:11: label used twice; rename it",
    ]


def test_a_list_of_invalid_members_is_not_called_empty() -> None:
    assert only("name: x\nparts:\n- label: 1\n").startswith("estate.yaml:3:10: parts[0].label must be text")


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "2024-01-01", "12:30:00", "1_000", "0b1", "nan", "="])
def test_text_of_yaml_1_2_stays_text(word: str) -> None:
    assert parse(f"name: {word}\n", HERE, Whole).name == word


@pytest.mark.parametrize("directive", ["", "%YAML 1.1\n---\n"])
def test_no_directive_brings_the_truth_values_of_yaml_1_1_back(directive: str) -> None:
    assert parse(f"{directive}name: no\n", HERE, Whole).name == "no"


@pytest.mark.parametrize("number", ["80", "080", "0o120", "0x50", "+80"])
def test_numbers_follow_the_core_schema(number: str) -> None:
    settings = parse(f"name: x\nsettings: {{label: a, port: {number}}}\n", HERE, Whole).settings
    assert settings is not None
    assert settings.port == 80


def test_a_number_of_thousands_of_digits_is_refused_not_computed() -> None:
    digits = "9" * 100_000
    assert "must be a whole number" in only(f"name: x\nsettings: {{label: a, port: {digits}}}\n")


@pytest.mark.parametrize("key", ["password", "Password", "sql_password", "winrm-pwd", "passwd", "PassPhrase"])
@pytest.mark.parametrize("form", ["{key}: hunter2\n", "settings: {{label: a, {key}: hunter2}}\n", "{key}: [hunter2]\n"])
def test_a_password_has_its_own_message_and_is_not_shown(key: str, form: str) -> None:
    message = only("name: x\n" + form.format(key=key))
    assert "a password is never written here; remove it; store it with keyring, set SSOAUDIT_PASSWORD" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nsettings: password=hunter2\n",
        "name: x\nsettings: 'pwd: hunter2'\n",
        "password:hunter2\n",
        "name: x\npassword: hunter2\n - y\n",
        "name: x\npassword: 'hunter2\n",
        "name: x\n? password hunter2\n: y\n",
    ],
)
def test_a_misplaced_password_is_not_shown_either(text: str) -> None:
    assert "hunter2" not in str(refused(text))


def test_a_long_value_is_shown_in_part() -> None:
    message = only(f"name: x\nsettings: {'v' * 5000}\n")
    assert "vvv..." in message
    assert len(message) < 200


def test_billion_laughs_end_at_the_node_budget() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 50000 values, aliases expanded" in only("\n".join(lines))


def test_modest_aliases_are_expanded() -> None:
    whole = parse("name: x\nparts:\n- &p {label: a, colours: &c [red]}\n- {label: b, colours: *c}\n", HERE, Whole)
    assert whole.parts[1].colours == (Colour.RED,)


@pytest.mark.parametrize(
    "text",
    [
        "name: " + "[" * 100_000,
        "name: " + "{a: " * 100_000,
        "- " * 100_000,
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60))]),
    ],
    ids=["lists", "mappings", "sequences", "aliases"],
)
def test_depth_is_capped(text: str) -> None:
    assert "nested deeper than 32 levels" in only(text)


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused_file(tmp_path / "absent.yaml") == "FILE: the file does not exist; check the path"


def test_a_directory(tmp_path: Path) -> None:
    assert refused_file(tmp_path).startswith("FILE: this is a directory, not a file")


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused_file(tmp_path / "file" / "x").startswith("FILE: the file ")


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(DocumentError, match=r"^a\\x00b: no file can have this name"):
        load(Path("a\0b"), Whole)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text("name: x\n")
    path.chmod(0)
    assert refused_file(path).startswith("FILE: no permission to read the file")


def test_a_file_without_permission_for_anyone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "estate.yaml"
    path.write_text("name: x\n")
    monkeypatch.setattr(Path, "open", denied)
    assert refused_file(path).startswith("FILE: no permission to read the file")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without end")
def test_what_may_never_end_is_not_read() -> None:
    assert refused_file(Path("/dev/zero")) == "FILE: this is not a regular file; save it to a file first"


def test_only_what_decides_is_read_of_a_huge_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.yaml"
    path.touch()
    stream = io.BytesIO(b"#" * 50_000_000)
    position = 0

    class Kept(io.BufferedReader):
        def close(self) -> None:
            nonlocal position
            position = self.tell()
            super().close()

    monkeypatch.setattr(Path, "open", lambda *_args: Kept(stream))
    assert "larger than 1 MiB" in refused_file(path)
    assert position == 1024 * 1024 + 1


def test_a_file_of_exactly_one_mebibyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_bytes(b"name: x\n#".ljust(1024 * 1024, b"c"))
    assert load(path, Whole).name == "x"
    path.write_bytes(b"name: x\n#".ljust(1024 * 1024 + 1, b"c"))
    assert "larger than 1 MiB" in refused_file(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name: x\nnote: \xe4\n", "FILE:2:7: byte 0xE4 at offset 14 is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfname: \xe4\n", "FILE:1:7: byte 0xE4 at offset 9 is not UTF-8"),
        (b"name: x\r\nnote: \xc3", "FILE:2:7: byte 0xC3 at offset 15 is not UTF-8"),
        ("name: x".encode("utf-16"), "FILE: the file is UTF-16, not UTF-8; save it as UTF-8"),
        (b"\xfe\xff" + "name: x".encode("utf-16-be"), "FILE: the file is UTF-16, not UTF-8"),
        (b"name: x\nnote: a\x00b\n", "FILE:2:8: the file holds the control character U+0000; remove it"),
        (b"name: x\x1b[31m\n", "FILE:1:8: the file holds the control character U+001B"),
        ("name: \ufffe\n".encode(), "FILE:1:7: a character is not allowed in YAML; remove it"),
    ],
)
def test_what_is_not_utf_8_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "estate.yaml"
    path.write_bytes(data)
    assert refused_file(path).startswith(message)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfname: x\n", b"name: x\r\n", b"name: x\r", b"name: x"])
def test_marks_and_line_ends_of_other_systems(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "estate.yaml"
    path.write_bytes(data)
    assert load(path, Whole).name == "x"


def test_a_byte_order_mark_does_not_shift_the_column(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_bytes(b"\xef\xbb\xbfnaem: x\n")
    assert "FILE:1:1: unknown key 'naem'" in refused_file(path)


def test_a_long_path_is_shown_in_full() -> None:
    path = Path("/".join(["directory"] * 30))
    assert str(Problem(path, "broken")) == f"{path}: broken"


def test_a_hostile_path_is_made_visible() -> None:
    assert str(Problem(Path("a\x1b[31mb"), "broken", line=3)) == "a\\x1b[31mb:3: broken"


def test_visible_and_invisible_characters() -> None:
    assert visible("aä\t\u202e\U000e0001") == "aä\\x09\\u202e\\ue0001"
    assert invisible("a\u2028b") == "U+2028"
    assert invisible("Grüße, 世界") is None


def test_the_nearest_word_in_any_case() -> None:
    assert did_you_mean("ROLS", ["roles", "host"]) == "did you mean 'roles'?"
    assert did_you_mean("sqll", ["SQL", "host"]) == "did you mean 'SQL'?"
    assert did_you_mean("completely", ["roles", "host"]) == ""


FRAGMENTS = st.sampled_from(
    [
        "name",
        "parts",
        "label",
        "port",
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "<<",
        "'",
        '"',
        "\\",
        "\\x",
        "\\UFFFFFFFF",
        "|",
        ">",
        "!",
        "!!int ",
        "%YAML 1.1",
        "%TAG ! x",
        "---",
        "...",
        "#",
        "?",
        "1",
        "1e999",
        ".nan",
        ".inf",
        "~",
        "true",
        "0x",
        "9" * 400,
        "\t",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "password",
    ]
)


@ANY_SPEED
@given(st.lists(FRAGMENTS, max_size=40).map("".join) | st.text(max_size=60))
@example('a: "\\UFFFFFFFF"')
@example("a: .nan")
@example("name: ! x")
@example("\ufeff\ufeffname: x")
def test_no_text_raises_anything_but_a_document_error(text: str) -> None:
    message = ""
    try:
        parse(text, HERE, Whole)
    except DocumentError as error:
        message = str(error)
    assert all(line.startswith("estate.yaml:") for line in message.splitlines())
    assert invisible(message.replace("\n", "")) is None


@ANY_SPEED
@given(st.binary(max_size=200))
def test_no_file_raises_anything_but_a_document_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with contextlib.suppress(DocumentError):
        load(path, Whole)
