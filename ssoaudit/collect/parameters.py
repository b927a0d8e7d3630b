"""What a stand-alone script asks for: what the inventory tells, or what a file says instead."""

import json
from collections.abc import Mapping
from pathlib import Path

from ssoaudit.collect.collection import Options, parameters
from ssoaudit.collect.names import LONGEST, MOST, Names, names_to_ask
from ssoaudit.documents import DocumentError, Problem, did_you_mean, read_bytes, visible
from ssoaudit.facts import TOPICS, Env
from ssoaudit.inventory import Inventory

MAXIMUM_BYTES = 1024 * 1024
MOST_EVENTS: Mapping[str, int] = {"event_days": 3650, "event_count": 5000}
"""How far back, and how many events of a kind, a script may be told to read."""

_KNOWN_TOPICS = frozenset(topic.topic for topic in TOPICS)


class ParameterError(ValueError):
    """A parameter is not what it may be; the text is one sentence without its full stop."""


def of_inventory(inventory: Inventory | None, options: Options) -> dict[str, object]:
    """All topics, and the names that the inventory tells, if there is one: nobody else can be asked."""
    names = names_to_ask(inventory, (), None) if inventory else Names()
    return parameters(options, options.topics, names)


def of_file(path: Path) -> dict[str, object]:
    """The parameters in a JSON file; what it leaves out is as without a file. Raises `DocumentError`."""
    data = read_bytes(path, MAXIMUM_BYTES)
    hint = f"write an object with some of {', '.join(_usual())}"
    try:
        return checked(json.loads(data))
    except json.JSONDecodeError as error:
        message = f"this is no JSON: {error.msg.lower().removesuffix(' starting at')}"
        raise DocumentError(Problem(path, message, hint, error.lineno, error.colno)) from None
    except ParameterError as error:
        raise DocumentError(Problem(path, str(error), hint)) from None
    except (ValueError, RecursionError):
        raise DocumentError(Problem(path, "this is no JSON", hint)) from None


def checked(given: object) -> dict[str, object]:
    """The parameters, whole: the usual ones where nothing is given. Raises `ParameterError`."""
    usual = _usual()
    if not isinstance(given, Mapping):
        raise ParameterError("the parameters are not a JSON object")
    for name, value in given.items():
        if name not in usual:
            near = did_you_mean(name, usual)
            raise ParameterError(f"'{visible(name)}' is no parameter{f', {near}' if near else ''}")
        _check(name, value, usual[name])
    return {**usual, **given}


def _check(name: str, value: object, usual: object) -> None:
    if isinstance(usual, bool):
        if not isinstance(value, bool):
            raise ParameterError(f"{name} is not true or false")
        return
    if name in MOST_EVENTS:
        most = MOST_EVENTS[name]
        if type(value) is not int or not 1 <= value <= most:
            raise ParameterError(f"{name} is not a whole number from 1 to {most}")
        return
    if not isinstance(value, list) or not all(isinstance(text, str) and 0 < len(text) <= LONGEST for text in value):
        raise ParameterError(f"{name} is not a list of texts of at most {LONGEST} characters")
    if len(value) > MOST:
        raise ParameterError(f"{name} has more than {MOST} entries")
    strangers = [text for text in value if name == "topics" and text not in _KNOWN_TOPICS]
    if strangers:
        raise ParameterError(f"'{visible(strangers[0])}' is no topic of this version")
    if name == "topics" and Env.topic not in value:
        raise ParameterError(f"topics leaves out {Env.topic}, without which no answer of a server is believed")
    if len(set(value)) < len(value):
        raise ParameterError(f"{name} names one twice")


def _usual() -> dict[str, object]:
    return of_inventory(None, Options())
