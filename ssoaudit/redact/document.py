"""A whole file of ours, redacted: which of its texts are names, which are sentences, and which tell of no site."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from ssoaudit.evidence import Read
from ssoaudit.facts import (
    BIZTALK_TOPICS,
    MESSAGE_BOX_TOPICS,
    MSDB_TOPICS,
    PILOT_TOPICS,
    SSODB_TOPICS,
    TOPICS,
    Fact,
)
from ssoaudit.facts.event_log import EventLog
from ssoaudit.pilot import PilotBundle
from ssoaudit.record import Record
from ssoaudit.redact import binary
from ssoaudit.redact.pseudonyms import Pseudonyms
from ssoaudit.redact.text import Texts

R = TypeVar("R", bound=Record)

SENTENCES = frozenset(
    {"code", "details", "driver", "error", "hint", "lacking", "message", "notes", "stage", "stderr", "unsafe_options"}
)
"""The fields whose texts are sentences, or words of the collector's own."""

RESOURCE_TYPES = (
    "Cloud Witness", "Disjoint IPv4 Address", "Disjoint IPv6 Address", "Distributed File System",
    "Distributed Network Name", "Distributed Transaction Coordinator", "File Server", "File Share Witness",
    "Generic Application", "Generic Script", "Generic Service", "IP Address", "IPv6 Address", "IPv6 Tunnel Address",
    "Network Name", "Physical Disk", "SQL Server", "SQL Server Agent", "SQL Server Availability Group",
    "SQL Server Browser", "Storage Pool", "Task Scheduler", "Virtual Machine", "Virtual Machine Configuration",
)  # fmt: skip
"""Windows' own types of cluster resources, and SQL Server's."""

PROVIDERS = (
    "EventLog", "MSDTC", "MSDTC 2", "MSDTC Client", "MSDTC Client 2", "ENTSSO", "Enterprise Single Sign-On",
    "Microsoft-Windows-[A-Za-z0-9-]{1,40}", "Service Control Manager",
)  # fmt: skip
"""Who writes the events that are read."""

LOGS = ("Application", "System", "Microsoft-Windows-[A-Za-z0-9-]{1,40}(/Operational)?")
EVENT_TOPICS = tuple(topic.__name__ for topic in TOPICS if issubclass(topic, EventLog))

_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?")

PLAIN: Mapping[str, "re.Pattern[str]"] = {
    "ClusterResource.type": re.compile("|".join(RESOURCE_TYPES)),
    "ClusterSettings.quorum_type": re.compile(r"(Node|Majority|Disk|File Share|Cloud|Only|No|Witness|and| )+"),
    "Event.provider": re.compile("|".join(PROVIDERS)),
    "Evidence.asked": re.compile("|".join(topic.topic for topic in (*TOPICS, *PILOT_TOPICS))),
    "Env.culture": re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"),
    "Env.powershell_version": re.compile(r"\d{1,5}(\.\d{1,6}){1,3}"),
    "EntssoRegistry.product_version": re.compile(r"\d{1,5}(\.\d{1,6}){1,3}"),
    "SqlServerRow.product_version": re.compile(r"\d{1,5}(\.\d{1,6}){1,3}"),
    "SelfTest.framework_version": re.compile(r"\d{1,5}(\.\d{1,6}){1,3}"),
    "SelfTest.build": re.compile(r"\d{1,6}"),
    "Trial.answer": re.compile(rf"\d{{1,10}}|True|False|Server( Core)?|abc|absent|list|{_ABC}|{_TIME.pattern}"),
    "Trial.name": re.compile(r"([A-Z][a-z]+)+-[A-Za-z0-9]+"),
    "Cap.field": re.compile(r"[a-z0-9_]{1,40}"),
    "Cap.topic": re.compile(r"[a-z0-9_]{1,40}"),
    **{f"{model}.log": re.compile("|".join(LOGS)) for model in EVENT_TOPICS},
    "Certificate.signature": re.compile(r"[a-z0-9-]{1,20}"),
    "WinrmPath.schemes": re.compile(r"Negotiate|Kerberos|NTLM|Basic|CredSSP", re.IGNORECASE),
    "RunRecord.version": re.compile(r"\d{1,5}(\.\w{1,12}){1,5}(\+\w{1,12})?"),
    "RunRecord.script_sha256": re.compile(r"[0-9a-f]{64}"),
}
"""The fields, by model, whose texts stay where they are of this form: they tell of a product."""

HOSTS = frozenset(
    {
        "BackupDatabaseRow.ServerName",
        "BackupHistoryRow.ServerName",
        "BizTalkGroupRow.SSOServerName",
        "BizTalkGroupRow.SubscriptionDBServerName",
        "BizTalkInstallation.management_server",
        "BizTalkServerRow.Name",
        "BizTalkSettings.address",
        "BizTalkSettings.server",
        "ClusterNode.name",
        "ClusterResource.dns_name",
        "ClusterResource.network_name",
        "ClusterView.fqdn",
        "ClusterView.name",
        "DatabaseEvidence.server",
        "EntssoRegistry.sql_server",
        "EntssoView.sql_server",
        "Env.computer_name",
        "Forward.name",
        "GlobalInfoChangeRow.at_client_machine",
        "GlobalInfoChangeRow.at_server_machine",
        "GlobalInfoRow.gi_SecretServer",
        "HostsOverride.name",
        "Inventory.network_name",
        "Inventory.present_master",
        "Inventory.standby",
        "MessageBoxRow.DBServerName",
        "NlbInterface.cluster_name",
        "NlbNode.computer_name",
        "NodeSettings.name",
        "OperatingSystem.domain",
        "OperatingSystem.host_name",
        "OtherBackupDatabaseRow.ServerName",
        "PendingReboot.active_name",
        "PendingReboot.next_name",
        "Reverse.host_name",
        "RunRecord.auditor",
        "SelfTestRun.server",
        "Server.address",
        "Server.host",
        "ServerEvidence.name",
        "SqlPath.server",
        "SqlServerResource.virtual_server_name",
        "SqlServerRow.machine_name",
        "SqlServerRow.physical_node",
        "SqlServerRow.server_name",
        "SqlSettings.address",
        "SqlSettings.server",
        "SsoServerRow.srv_server_name",
        "SsodbBackupRow.asked_server",
        "SsodbBackupRow.server_name",
        "WinrmPath.server",
    }
)
"""The fields, by model, that hold a computer's name, or how SQL Server on one is addressed."""

TITLES = frozenset({"Inventory.name"})
"""The field that holds a heading of the site's own."""

NAMES_ONLY = frozenset({"NamesBelow.keys", "NamesBelow.values"})
"""The fields with names of a product's own, which stay unless a name of the site stands in them."""

DESCRIPTORS = frozenset(
    {"BackupFile.security_descriptor", "ClusterSettings.security_descriptor", "SecretKeyAcl.security_descriptor"}
)
"""The fields, by model, that hold a security descriptor."""

FAILURE_ACTIONS = frozenset({"Service.failure_actions"})
"""The field that holds numbers of the service control manager's."""

_MARK = "RunRecord.redacted"
_NAME_OF_A_PRODUCT = re.compile(r"[A-Za-z ]{1,40}")


class Kind(Enum):
    """How a text is replaced: as a value, a computer's name, a sentence or a heading, or as bytes.

    What is `PLAIN` or a `PRODUCT`'s stays where no name of the site stands in it.
    """

    VALUE = "value"
    SENTENCE = "sentence"
    PLAIN = "plain"
    HOST = "host"
    TITLE = "title"
    PRODUCT = "product"
    DESCRIPTOR = "descriptor"
    FAILURE_ACTIONS = "failure actions"


_KINDS = (
    (HOSTS, Kind.HOST),
    (TITLES, Kind.TITLE),
    (NAMES_ONLY, Kind.PRODUCT),
    (DESCRIPTORS, Kind.DESCRIPTOR),
    (FAILURE_ACTIONS, Kind.FAILURE_ACTIONS),
)

Change = Callable[[str, Kind], str]


@dataclass(frozen=True)
class _Shape:
    """What a place of a file may hold: the branches of its JSON Schema, and the definitions that they refer to."""

    branches: tuple[Mapping[str, Any], ...] = ()
    definitions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> "_Shape":
        """The shape that a schema describes, with references followed and alternatives side by side."""
        return cls(tuple(_branches(schema, definitions)), definitions)

    @property
    def models(self) -> list[str]:
        """The models that may stand here."""
        return [str(branch["title"]) for branch in self.branches if "properties" in branch]

    def lists(self, text: str) -> bool:
        """Whether a text is a time, or one of the words that the schema itself has."""
        return any(
            text in branch.get("enum", ())
            or branch.get("const") == text
            or (branch.get("format") == "date-time" and _TIME.fullmatch(text) is not None)
            for branch in self.branches
        )

    def below(self, key: str) -> "_Shape":
        """The shape of what stands under a key."""
        return self._joined(
            branch.get("properties", {}).get(key, branch.get("additionalProperties")) for branch in self.branches
        )

    @property
    def elements(self) -> "_Shape":
        """The shape of a list's elements."""
        return self._joined(branch.get("items") for branch in self.branches)

    def _joined(self, parts: Iterable[object]) -> "_Shape":
        found = [branch for part in parts if isinstance(part, dict) for branch in _branches(part, self.definitions)]
        return _Shape(tuple(found), self.definitions)


def _branches(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in schema:
        yield from _branches(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    elif "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _branches(branch, definitions)
    else:
        yield schema


def redact(document: R, pseudonyms: Pseudonyms) -> R:
    """A copy of a file of ours with everything replaced that may tell of whom it is.

    Names, addresses and ids become pseudonyms, the same everywhere; what the models list as words of their own,
    numbers and times stay. What is no known field is taken for a name. The run's record says that it is redacted.
    Raises `TooManyError` where a file holds more addresses or SIDs than there are pseudonyms.
    """
    texts = Texts(pseudonyms)
    model = type(document)
    data, shape = document.model_dump(mode="json"), _shape_of(model)

    def learn(text: str, kind: Kind) -> str:
        if kind in (Kind.VALUE, Kind.TITLE):
            texts.learn(text)
        if kind is Kind.HOST:
            texts.learn_host(text)
        return text

    def replace(text: str, kind: Kind) -> str:
        if kind is Kind.PLAIN and not texts.holds_name(text):
            return text
        if kind is Kind.PRODUCT and _NAME_OF_A_PRODUCT.fullmatch(text) and not texts.holds_part(text):
            return text
        if kind is Kind.TITLE:
            return texts.title(text)
        if kind is Kind.SENTENCE:
            return texts.sentence(text)
        return _bytes(text, kind, pseudonyms) or texts.value(text)

    _Walk(learn).value(data, shape)
    texts.settle()
    return model.model_validate_json(json.dumps(_Walk(replace).value(data, shape)))


def _bytes(text: str, kind: Kind, pseudonyms: Pseudonyms) -> str | None:
    """The text of a field that holds bytes; None for another field's, and for what is no Base64."""
    if kind is Kind.DESCRIPTOR:
        return binary.descriptor(text, pseudonyms.sid)
    return binary.failure_actions(text) if kind is Kind.FAILURE_ACTIONS else None


@dataclass(frozen=True)
class _Walk:
    """Goes through a file's data with the shapes at its side, and changes the texts that may be names."""

    change: Change

    def value(self, value: object, shape: _Shape, names: tuple[str, ...] = (), *, sentence: bool = False) -> Any:  # noqa: ANN401 - JSON
        """The value changed. `names` are those under which `PLAIN` may have it."""
        if names == (_MARK,):
            return True
        if isinstance(value, str):
            return self._text(value, shape, names, sentence=sentence)
        if isinstance(value, list):
            return [self.value(part, shape.elements, names, sentence=sentence) for part in value]
        if isinstance(value, dict):
            return {
                self._key(key): self.value(
                    part,
                    _shape_below(shape, key, names),
                    tuple(f"{model}.{key}" for model in shape.models) or (key,),
                    sentence=sentence or key in SENTENCES,
                )
                for key, part in value.items()
            }
        return value

    def _text(self, text: str, shape: _Shape, names: tuple[str, ...], *, sentence: bool) -> str:
        if shape.lists(text):
            return text
        if any(name in PLAIN and PLAIN[name].fullmatch(text) for name in names):
            return self.change(text, Kind.PLAIN)
        found = next((kind for fields, kind in _KINDS if fields.intersection(names)), None)
        return self.change(text, found or (Kind.SENTENCE if sentence else Kind.VALUE))

    def _key(self, key: str) -> str:
        return key if key in _known_keys() else self.change(key, Kind.VALUE)


def _shape_below(shape: _Shape, key: str, names: tuple[str, ...]) -> _Shape:
    """The shape under a key; the data of a reading are those of the topic that it stands under."""
    if key == "data" and Read.__name__ in shape.models and names and names[0] in _facts():
        return _shape_of(_facts()[names[0]])
    return shape.below(key)


@cache
def _shape_of(model: type[BaseModel]) -> _Shape:
    schema = model.model_json_schema(mode="serialization")
    return _Shape.of(schema, schema.get("$defs", {}))


@cache
def _facts() -> Mapping[str, type[Fact]]:
    on_servers = (*TOPICS, *PILOT_TOPICS)
    in_databases = (*SSODB_TOPICS, *MSDB_TOPICS, *BIZTALK_TOPICS, *MESSAGE_BOX_TOPICS)
    return {topic.topic: topic for topic in (*on_servers, *in_databases)}


def fields_of_models() -> frozenset[str]:
    """Every field of evidence, of its facts and of a pilot bundle, as `Model.field`."""
    return frozenset(f"{model}.{name}" for model, name in _fields())


@cache
def _known_keys() -> frozenset[str]:
    """The keys that stand in our own models: topics and fields."""
    return frozenset({name for _, name in _fields()} | _facts().keys())


def _fields() -> Iterator[tuple[str, str]]:
    for shape in (_shape_of(PilotBundle), *map(_shape_of, _facts().values())):
        for schema in (*shape.branches, *shape.definitions.values()):
            for name in schema.get("properties", {}):
                yield str(schema["title"]), name
