"""Whom the auditor logs on as. The password is a `Secret`, which nothing can print."""

import base64
import getpass
import html
import importlib
import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from ssoaudit.documents import invisible

VARIABLE = "SSOAUDIT_PASSWORD"

_HINT = "store it with 'keyring set ssoaudit USER', export it, or run ssoaudit in a terminal"
_MASK = "***"
_SHORTEST = 4
_log = logging.getLogger(__name__)


class Secret:
    """A value that shows as `***` wherever it is printed, formatted, pickled or dumped."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


class CredentialError(Exception):
    """There is no usable user name or password; the message says what was tried, the hint what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}"


@dataclass(frozen=True)
class Credential:
    r"""A user, as `DOMAIN\user` or `user@domain`, with the password and where that came from."""

    user: str
    password: Secret
    source: str


def ask_visibly(question: str) -> str:
    """Asks on stderr, so that a result on stdout stays clean."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return input()


def _hint(variable: str) -> str:
    return _HINT.replace("export it", f"set {variable}")


def resolve(
    user: str | None,
    *,
    environment: MutableMapping[str, str],
    prompt: Callable[[str], str] | None = getpass.getpass,
    ask: Callable[[str], str] = ask_visibly,
    keyring_service: str = "ssoaudit",
    variable: str = VARIABLE,
) -> Credential:
    """The user and the first password found: in the keyring, in `variable`, at the hidden prompt.

    `variable` is removed from `environment` in any case, so that no child process inherits it.
    `prompt` asks for the password and is None where nobody can answer; `ask` asks for a missing user.
    Raises `CredentialError`.
    """
    exported = environment.pop(variable, "")
    name = _checked(user or _asked_user(prompt, ask))
    stored = _stored(keyring_service, name)
    if stored:
        return Credential(name, Secret(stored), "keyring")
    if exported:
        return Credential(name, Secret(exported), variable)
    if prompt is None:
        raise CredentialError(
            f"no password for {name}: none in the keyring, none in {variable}, nobody to ask", _hint(variable)
        )
    return Credential(name, Secret(_asked_password(prompt, name)), "prompt")


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """The text with `***` in place of every secret, plain or as JSON, Python, HTML, a URL or base64 would write it.

    The last resort for words that come from a library. In base64 a secret is also found behind and before other
    bytes, as in a Basic header. Of a secret of one to three characters only occurrences that stand alone, with no
    letter or digit beside them, are replaced: more would eat the text and so betray the secret. An empty one is
    ignored.
    """
    values = {secret.reveal() for secret in secrets} - {""}
    ordered = sorted(values, key=lambda value: (-len(value), value))
    patterns = [_pattern(value) for value in ordered if len(value) >= _SHORTEST]
    before = None
    # What was on either side of a secret may form another one with the stars between.
    while before != text:
        before = text
        for pattern in patterns:
            text = pattern.sub(_MASK, text)
    for value in ordered:
        if len(value) < _SHORTEST:
            text = _word_pattern(value).sub(_MASK, text)
    return text


def _asked_user(prompt: Callable[[str], str] | None, ask: Callable[[str], str]) -> str:
    if prompt is None:
        raise CredentialError("no user is given and nobody can be asked", "give --user or set SSOAUDIT_USER")
    try:
        return ask("User (DOMAIN\\user or user@domain): ").strip()
    except EOFError:
        raise CredentialError("no user was entered", "give --user or set SSOAUDIT_USER") from None


def _checked(user: str) -> str:
    bad = invisible(user)
    if bad:
        raise CredentialError(f"the user name holds the control character {bad}", "write DOMAIN\\user or user@domain")
    if not user.strip():
        raise CredentialError("the user name is empty", "write DOMAIN\\user or user@domain")
    return user


def _stored(service: str, user: str) -> str | None:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        password: str | None = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - a backend may raise anything, and there are other ways
        _log.info("the keyring cannot be used: %s", type(error).__name__)
        return None
    return password


def _asked_password(prompt: Callable[[str], str], user: str) -> str:
    try:
        with warnings.catch_warnings():
            # getpass warns and goes on where the typed password would be shown.
            warnings.simplefilter("error", getpass.GetPassWarning)
            password = prompt(f"Password for {user}: ")
    except getpass.GetPassWarning:
        raise CredentialError("this terminal cannot hide what is typed", _HINT) from None
    except EOFError:
        password = ""
    if not password:
        raise CredentialError(f"no password for {user}: none stored, none exported, none entered", _HINT)
    return password


def _word_pattern(value: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in _longest_first(_written_forms(value))))


def _pattern(value: str) -> re.Pattern[str]:
    forms = _written_forms(value)
    encoded = {core for raw in _encodings(value) for core in _base64_cores(raw)}
    exact = [re.escape(form) for form in _longest_first(forms)]
    # The neighbours of a core hold the secret's first and last bits.
    inside = [rf"[\w+/-]?{re.escape(core)}[\w+/-]?={{0,2}}" for core in _longest_first(encoded)]
    return re.compile("|".join(exact + inside), re.ASCII)


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(forms, key=lambda form: (-len(form), form))


def _written_forms(value: str) -> set[str]:
    """The value as text, escaped up to twice (a repr inside JSON), or percent-encoded."""
    forms = {value}
    for _ in range(2):
        forms |= {escaped for form in forms for escaped in _escaped(form)}
    raw = value.encode("utf-8", "surrogatepass")
    for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw), _percent_all(raw)):
        forms |= {encoded, re.sub("%..", lambda match: match[0].lower(), encoded)}
    return forms


def _escaped(text: str) -> set[str]:
    shown = repr(text)[1:-1]
    return {
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        shown,
        shown.replace("'", "\\'"),
        ascii(text)[1:-1],
        repr(text.encode("utf-8", "surrogatepass"))[2:-1],
        html.escape(text),
        html.escape(text, quote=False),
    }


def _percent_all(raw: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in raw)


def _encodings(value: str) -> tuple[bytes, bytes]:
    return value.encode("utf-8", "surrogatepass"), value.encode("utf-16-le", "surrogatepass")


def _base64_cores(raw: bytes) -> Iterator[str]:
    """The characters that these bytes alone decide, for each of the three ways they may fall into base64's groups."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw).decode()
        start, end = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        core = encoded[start:end]
        yield core
        yield core.replace("+", "-").replace("/", "_")
