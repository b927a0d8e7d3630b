"""What Windows would have to say for a machine of the lab to be read as it is, as the stand-ins are told it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import cast

from tests.powershell.registry import Registry

Row = dict[str, object]
Fault = dict[str, str]

EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
ENTSSO, SECRETS = r"SOFTWARE\Microsoft\ENTSSO", r"SOFTWARE\Microsoft\ENTSSO\SSOSS"
ENTSSO_32_BIT = r"SOFTWARE\Wow6432Node\Microsoft\ENTSSO"
RESOURCES = r"Cluster\Resources"
SERVICES = r"SYSTEM\CurrentControlSet\Services"
CONTROL = r"SYSTEM\CurrentControlSet\Control"
CIMV2, CLUSTER, STANDARD, NLB = "root/cimv2", "root/MSCluster", "root/StandardCimv2", "root/MicrosoftNLB"
INVALID_NAMESPACE = {"code": "0x8004100E", "message": "Invalid namespace "}


@dataclass
class Windows:
    """What the stand-ins of `windows.ps1` answer from; a test may change any of it."""

    computer_name: str
    clock: datetime
    registry: Registry = field(default_factory=Registry)
    cim: dict[tuple[str, str], list[Row] | Fault] = field(default_factory=dict)
    logs: dict[str, list[Row]] = field(default_factory=dict)
    denied_logs: set[str] = field(default_factory=set)
    disabled_logs: set[str] = field(default_factory=set)
    identity: Row = field(default_factory=dict)
    time_zone: str = ""
    compiler: Fault | None = None
    exported: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)
    faults: dict[str, dict[str, Fault]] = field(default_factory=dict)

    def answer(self, kind: str, asked: str, answer: object) -> None:
        """What is said of a thing that is asked about: `kind` is what the stand-ins call it."""
        self.answers.setdefault(kind, {})[asked] = answer

    def fail(self, kind: str, asked: str, code: str | None, message: str | None) -> None:
        """The same for a question that ends with an error."""
        self.answer(kind, asked, None)
        self.faults.setdefault(kind, {})[asked] = {"code": code or "", "message": message or ""}

    def primitives(self) -> object:
        """All of it as JSON, texts and times tagged as `windows.ps1` expects them."""
        return _tagged(
            {
                "computer_name": self.computer_name,
                "clock": self.clock,
                "identity": self.identity,
                "time_zone": self.time_zone,
                "compiler": self.compiler,
                "exported": self.exported,
                "registry": list(self.registry.primitives()),
                "cim": [_table(*named, rows) for named, rows in self.cim.items()],
                "logs": [self._log(name, records) for name, records in self.logs.items()],
                **{kind: self._answers(kind) for kind in KINDS},
            }
        )

    def _answers(self, kind: str) -> list[Row]:
        faults = self.faults.get(kind, {})
        told = self.answers.get(kind, {})
        return [{"asked": asked, "answer": answer, "fault": faults.get(asked)} for asked, answer in told.items()]

    def _log(self, name: str, records: Sequence[Row]) -> Row:
        newest_first = sorted(records, key=lambda record: cast("int", record["RecordId"]), reverse=True)
        entries = "".join(_entry(place, record) for place, record in enumerate(newest_first))
        return {
            "name": name,
            "is_enabled": name not in self.disabled_logs,
            "is_denied": name in self.denied_logs,
            "records": newest_first,
            "xml": f"<Events>{entries}</Events>",
        }


KINDS = (
    "addresses",
    "host_names",
    "connections",
    "sids",
    "kinds",
    "tokens",
    "holders",
    "key_security",
    "file_security",
    "file_versions",
    "folders",
    "hosts_file",
    "dependencies",
)


def _entry(place: int, record: Mapping[str, object]) -> str:
    provider, number = record["ProviderName"], record["Id"]
    return f'<Event place="{place}"><System><Provider Name="{provider}"/><EventID>{number}</EventID></System></Event>'


def _table(namespace: str, name: str, rows: "list[Row] | Fault") -> Row:
    fault = rows if isinstance(rows, dict) else None
    return {"namespace": namespace, "class": name, "rows": [] if fault else rows, "fault": fault}


@dataclass(frozen=True)
class Unsigned:
    """A number that WMI declares as 32 bits without a sign."""

    number: int


def unsigned(number: int | None) -> Unsigned | None:
    return None if number is None else Unsigned(int(number) % (1 << 32))


def _tagged(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _tagged(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(part) for part in value]
    if isinstance(value, datetime):
        return f"t:{(value - EPOCH) // timedelta(microseconds=1) * 10}"
    if isinstance(value, bytes):
        return f"b:{base64.b64encode(value).decode('ascii')}"
    if isinstance(value, Unsigned):
        return f"u:{value.number}"
    return f"s:{value}" if isinstance(value, str) else value
