"""Where the password comes from, and where it never shows."""

import base64
import copy
import getpass
import html
import inspect
import io
import json
import logging
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ssoaudit import credentials
from ssoaudit.credentials import Credential, CredentialError, Secret, redact, resolve
from ssoaudit.documents import invisible

ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

keyring = pytest.importorskip("keyring")
keyring_backend = pytest.importorskip("keyring.backend")

USER = "CONTOSO\\auditor"
PASSWORD = "correct horse"


class Store(keyring_backend.KeyringBackend):  # type: ignore[misc, name-defined] # the backend is imported at run time
    """A keyring of passwords by (service, user); an exception in place of a password is raised."""

    priority = 0

    def __init__(self, passwords: dict[tuple[str, str], str | Exception]) -> None:
        self.passwords = passwords

    def get_password(self, service: str, username: str) -> str | None:
        found = self.passwords.get((service, username))
        if isinstance(found, Exception):
            raise found
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password


@pytest.fixture(autouse=True)
def stored() -> Iterator[dict[tuple[str, str], str | Exception]]:
    before = keyring.get_keyring()
    passwords: dict[tuple[str, str], str | Exception] = {}
    keyring.set_keyring(Store(passwords))
    yield passwords
    keyring.set_keyring(before)


def answering(answer: str) -> Callable[[str], str]:
    def answer_to(question: str) -> str:
        assert USER in question
        return answer

    return answer_to


def refuse_to_ask(question: str) -> str:
    raise AssertionError(question)


def ended(_question: str) -> str:
    raise EOFError


@pytest.mark.parametrize("show", [str, repr, ascii, "{}".format, "{:>30}".format, "%s".__mod__, lambda s: f"{s!r:>9}"])
def test_a_secret_shows_as_stars(show: Callable[[Secret], str]) -> None:
    assert "correct" not in show(Secret(PASSWORD))
    assert "***" in show(Secret(PASSWORD))


def test_a_credential_shows_its_password_as_stars() -> None:
    assert (
        repr(Credential(USER, Secret(PASSWORD), "prompt"))
        == f"Credential(user={USER!r}, password=***, source='prompt')"
    )


@pytest.mark.parametrize("dump", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_cannot_be_dumped(dump: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError):
        dump(Secret(PASSWORD))


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"


def test_the_keyring_goes_first(stored: dict[tuple[str, str], str | Exception]) -> None:
    stored["ssoaudit", USER] = PASSWORD
    environment = {"SSOAUDIT_PASSWORD": "other", "PATH": "/bin"}
    found = resolve(USER, environment=environment, prompt=refuse_to_ask)
    assert found == Credential(USER, Secret(PASSWORD), "keyring")
    assert environment == {"PATH": "/bin"}


def test_the_keyring_knows_services_apart(stored: dict[tuple[str, str], str | Exception]) -> None:
    stored["ssoaudit", USER] = "other"
    stored["mail", USER] = PASSWORD
    assert resolve(USER, environment={}, prompt=None, keyring_service="mail").password == Secret(PASSWORD)


def test_the_environment_goes_second_and_forgets() -> None:
    environment = {"SSOAUDIT_PASSWORD": PASSWORD}
    found = resolve(USER, environment=environment, prompt=refuse_to_ask)
    assert found == Credential(USER, Secret(PASSWORD), "SSOAUDIT_PASSWORD")
    assert environment == {}


def test_the_prompt_goes_last() -> None:
    found = resolve(USER, environment={"SSOAUDIT_PASSWORD": ""}, prompt=answering(PASSWORD))
    assert found == Credential(USER, Secret(PASSWORD), "prompt")


def test_the_hidden_prompt_is_the_default() -> None:
    assert inspect.signature(resolve).parameters["prompt"].default is getpass.getpass


def test_a_broken_keyring_is_skipped_and_logged_without_its_words(
    stored: dict[tuple[str, str], str | Exception], caplog: pytest.LogCaptureFixture
) -> None:
    stored["ssoaudit", USER] = RuntimeError(f"cannot decode {PASSWORD}")
    with caplog.at_level(logging.DEBUG):
        found = resolve(USER, environment={"SSOAUDIT_PASSWORD": PASSWORD}, prompt=None)
    assert found.source == "SSOAUDIT_PASSWORD"
    assert [(record.levelname, record.getMessage()) for record in caplog.records if "keyring" in record.message] == [
        ("INFO", "the keyring cannot be used: RuntimeError")
    ]
    assert PASSWORD not in caplog.text


def test_without_the_keyring_package_the_rest_still_works(
    stored: dict[tuple[str, str], str | Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored["ssoaudit", USER] = "other"
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert resolve(USER, environment={}, prompt=answering(PASSWORD)).source == "prompt"


def test_where_nobody_can_answer_the_error_says_what_was_tried() -> None:
    with pytest.raises(CredentialError) as caught:
        resolve(USER, environment={}, prompt=None)
    assert str(caught.value) == (
        "no password for CONTOSO\\auditor: none in the keyring, none in SSOAUDIT_PASSWORD, nobody to ask; "
        "store it with 'keyring set ssoaudit USER', set SSOAUDIT_PASSWORD, or run ssoaudit in a terminal"
    )


@pytest.mark.parametrize("prompt", [answering(""), ended])
def test_no_answer_is_no_password(prompt: Callable[[str], str]) -> None:
    with pytest.raises(CredentialError, match="none entered"):
        resolve(USER, environment={}, prompt=prompt)


def test_a_terminal_that_would_show_the_password_is_refused() -> None:
    def shown(_question: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return PASSWORD

    with pytest.raises(CredentialError, match="this terminal cannot hide what is typed") as caught:
        resolve(USER, environment={}, prompt=shown)
    assert PASSWORD not in str(caught.value)


def test_an_interruption_at_the_prompt_passes_on() -> None:
    def interrupted(_question: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolve(USER, environment={}, prompt=interrupted)


@pytest.mark.parametrize("user", ["CONTOSO\\auditor", "auditor@contoso.com", "auditor"])
def test_every_form_of_a_user_is_taken_as_it_is(user: str) -> None:
    assert resolve(user, environment={"SSOAUDIT_PASSWORD": PASSWORD}, prompt=None).user == user


@pytest.mark.parametrize("user", ["a\x1b[31m", "a\nb", "a\x00", "a\u202eb", "   "])
def test_a_user_that_cannot_be_shown_is_refused(user: str) -> None:
    environment = {"SSOAUDIT_PASSWORD": PASSWORD}
    with pytest.raises(CredentialError) as caught:
        resolve(user, environment=environment, prompt=None)
    assert invisible(str(caught.value)) is None
    assert environment == {}


@pytest.mark.parametrize("user", [None, ""])
def test_a_missing_user_is_asked_for(user: str | None) -> None:
    found = resolve(user, environment={}, prompt=answering(PASSWORD), ask=lambda _question: f" {USER} ")
    assert found == Credential(USER, Secret(PASSWORD), "prompt")


@pytest.mark.parametrize("ask", [ended, lambda _question: " "])
def test_a_user_that_is_not_entered_is_an_error(ask: Callable[[str], str]) -> None:
    with pytest.raises(CredentialError, match=r"^(the user name is empty|no user was entered);"):
        resolve(None, environment={}, prompt=refuse_to_ask, ask=ask)


def test_a_missing_user_is_an_error_where_nobody_can_answer() -> None:
    with pytest.raises(CredentialError, match="no user is given and nobody can be asked; give --user"):
        resolve(None, environment={"SSOAUDIT_PASSWORD": PASSWORD}, prompt=None, ask=refuse_to_ask)


def test_the_question_for_the_user_leaves_stdout_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("auditor\n"))
    assert credentials.ask_visibly("User: ") == "auditor"
    assert capsys.readouterr() == ("", "User: ")


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json-utf8": lambda value: json.dumps(value, ensure_ascii=False),
    "json-in-json": lambda value: json.dumps(json.dumps(value)),
    "repr": repr,
    "repr-of-both-quotes": lambda value: repr(f"'\"{value}"),
    "repr-in-json": lambda value: json.dumps({"error": repr(value)}),
    "repr-of-bytes": lambda value: repr(value.encode()),
    "ascii": ascii,
    "percent": lambda value: quote(value, safe=""),
    "percent-path": quote,
    "percent-form": quote_plus,
    "percent-lower": lambda value: "".join(f"%{byte:02x}" for byte in value.encode()),
    "html": html.escape,
    "xml": lambda value: html.escape(value, quote=False),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64-url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64-utf16": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "basic-1": lambda value: base64.b64encode(f"DOM\\user:{value}".encode()).decode(),
    "basic-2": lambda value: base64.b64encode(f"DOM\\user1:{value}!".encode()).decode(),
    "basic-3": lambda value: base64.b64encode(f"DOM\\user12:{value}!!".encode()).decode(),
    "script-utf16": lambda value: base64.b64encode(f"$p='{value}'".encode("utf-16-le")).decode(),
}
SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=20)
CONTEXT = st.text(st.sampled_from("abc \"'\\\n%+/=*ä€0{}"), max_size=10)


@pytest.mark.parametrize("form", FORMS)
@ANY_SPEED
@given(value=SECRETS, before=CONTEXT, after=CONTEXT)
@example(value="pass", before="", after="")
@example(value="'\"\\\n<&>", before="\\", after="\\")
@example(value="käse€𝄞", before="", after="=")
@example(value="a***b", before="a", after="b")
@example(value="****", before="*", after="*")
def test_no_written_form_of_a_secret_survives(form: str, value: str, before: str, after: str) -> None:
    written = FORMS[form](value)
    core = written.strip("\"'=")
    assume(value not in before + after)
    result = redact(f"{before}{written}{after}", [Secret("unrelated"), Secret(value)])
    assert value not in result
    assert "***" in result
    if form.startswith(("base64", "percent")) and len(core) > len(before + after) + 3:
        assert core not in result


def test_a_basic_header_keeps_its_beginning_only() -> None:
    header = "Authorization: Basic " + base64.b64encode(b"CONTOSO\\auditor:correct horse").decode()
    result = redact(header, [Secret(PASSWORD)])
    assert result.startswith("Authorization: Basic ")
    kept = result.removeprefix("Authorization: Basic ").split("***")[0]
    decoded = base64.b64decode(kept[: len(kept) // 4 * 4])
    assert b"CONTOSO\\auditor:".startswith(decoded)
    assert result.endswith("***")


@ANY_SPEED
@given(st.text(st.characters(exclude_categories=["Cs"])), SECRETS)
@example("passage", "pass word")
def test_a_text_without_the_secret_is_left_alone(text: str, value: str) -> None:
    encoded = [form(value).strip("\"'=") for form in FORMS.values()]
    assume(not any(core[2:6] in text for core in encoded))
    assert redact(text, [Secret(value)]) == text


def test_secrets_inside_one_another_go_whole() -> None:
    assert redact("correct horse, correct", [Secret("correct"), Secret("correct horse")]) == "***, ***"


def test_a_very_short_secret_goes_only_where_it_stands_alone() -> None:
    text = "password 'ab' refused, about b64 cab ab1 %61%62 ab"
    assert redact(text, [Secret("ab")]) == "password '***' refused, about b64 cab ab1 *** ***"


def test_a_very_short_secret_does_not_break_a_long_one() -> None:
    assert redact("try a-x-b now", [Secret("x"), Secret("a-x-b")]) == "try *** now"


@pytest.mark.parametrize("value", ["*", "**", "***"])
def test_a_secret_of_stars_comes_to_an_end(value: str) -> None:
    assert "abc" in redact("abc * ** *** def", [Secret(value)])


def test_an_empty_secret_is_ignored() -> None:
    assert redact("text", [Secret("")]) == "text"
    assert redact("text", []) == "text"


def test_a_secret_from_an_undecodable_environment() -> None:
    assert redact("the p\udce4ssword", [Secret("p\udce4ssword")]) == "the ***"
