"""The text of the readers."""

from importlib.resources import files

from ssoaudit.facts import EventLog, Fact


def reader_of(topic: type[Fact]) -> str:
    """A topic's reader, with the one that it shares."""
    names = ["event_log", topic.topic] if issubclass(topic, EventLog) else [topic.topic]
    return "\n".join(files("ssoaudit.facts").joinpath(f"{name}.ps1").read_text(encoding="ascii") for name in names)
