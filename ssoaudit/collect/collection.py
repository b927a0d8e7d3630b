"""The three steps of a collection: the first look, SSODB, and then all servers and other databases at once.

One server never spoils the run: what cannot be read stands in the evidence with its reason.
"""

import getpass
import logging
import platform
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ssoaudit.collect import script
from ssoaudit.collect.caller import Caller
from ssoaudit.collect.databases import Databases, Logins, Place, read_databases, unread_databases
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.frames import Transcript, read_transcript, readings, refusal
from ssoaudit.collect.guard import BEFORE_LOGON, NOT_TRIED
from ssoaudit.collect.names import Names, names_to_ask
from ssoaudit.collect.printed import Printed
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.sql.classify import missing
from ssoaudit.collect.ssodb import read_ssodb
from ssoaudit.collect.winrm.budget import Budget
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.watchdog import abandon
from ssoaudit.evidence import DatabaseEvidence, Evidence, Missing, Read, Reading, ReadStatus, ServerEvidence, typed
from ssoaudit.facts import (
    OPT_IN_TOPICS,
    TOPICS,
    ClusterView,
    EntssoRegistry,
    Env,
    Fact,
    Lacking,
    LogonRights,
    Services,
    SqlAlias,
)
from ssoaudit.inventory import Inventory, Server
from ssoaudit.record import RunRecord
from ssoaudit.version import __version__
from ssoaudit.vocabulary import Source

logger = logging.getLogger(__name__)

_BEFORE_SHELL = frozenset(stage.value for stage in (*BEFORE_LOGON, FaultStage.AUTHENTICATE))
_FIRST_SHARE = 0.5
_LEAST_SHARE = 0.25
_GLANCE = 0.2  # seconds: on Windows, a wait for a lock that has no end may be deaf to Ctrl-C

FIRST_LOOK: tuple[type[Fact], ...] = (Env, EntssoRegistry, Services, ClusterView)
MAXIMUM_WORKERS = 64
OFFLINE = "offline"
DEFAULTS = Limits()

Progress = Callable[[str, int, int], None]
"""Called with a server's name, how many servers are done, and how many there are."""


@dataclass(frozen=True)
class Options:
    """How a collection goes: threads (one per server up to 64 unless given) and limits per server.

    `compile` allows the C# compiler that the logon rights need, `s4u` the logons for identification that the tokens
    need, `temp_files` the export of the logon rights to a temporary file where compiling fails, `active_network` a
    connection from each server to the endpoint mapper behind the network name. Of the event logs the newest
    `event_count` events of a kind are read (5000 at most), of the last `event_days` days (3650 at most). `offline` asks
    nobody: what did not come in files is not collected.
    """

    workers: int | None = None
    limits: Limits = DEFAULTS
    compile: bool = True
    s4u: bool = True
    temp_files: bool = False
    active_network: bool = False
    event_days: int = 365
    event_count: int = 1000
    offline: bool = False

    @property
    def wanted(self) -> tuple[type[Fact], ...]:
        """The topics that belong to the audit: all but those that it takes an option to ask for."""
        return tuple(topic for topic in TOPICS if topic not in OPT_IN_TOPICS or self.active_network)

    @property
    def topics(self) -> tuple[type[Fact], ...]:
        """The topics that servers are asked about."""
        left_out = () if self.compile or self.temp_files else (LogonRights,)
        return tuple(topic for topic in self.wanted if topic not in left_out)


@dataclass
class Collection:
    """One collection of one estate; `collect` runs it. Servers in `from_files`, by name, are not asked.

    `caller` is one that goes on asking afterwards, and remembers which credentials were rejected.
    """

    inventory: Inventory
    logon: Logon
    options: Options = field(default_factory=Options)
    progress: Progress = lambda *_: None
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    sql_login: SqlLogin | None = None
    biztalk_login: SqlLogin | None = None
    from_files: Mapping[str, ServerEvidence] = field(default_factory=dict)
    caller: Caller | None = None

    def __post_init__(self) -> None:
        self._caller = self.caller or Caller(self.inventory, self.logon)
        self._taken: dict[str, float] = {}

    def collect(self) -> Evidence:
        """Read all servers. Raises nothing but `KeyboardInterrupt`, after the servers were cleaned up."""
        started = _now()
        first = self._first_look()
        ssodb = read_ssodb(self.inventory, _registry(first), self.sql_login, offline=self.options.offline)
        names = names_to_ask(self.inventory, first.values(), ssodb)
        databases = _beside(lambda: self._databases(ssodb, _registry(first)))
        servers = self._all_servers(first, names)
        read = databases.result()
        return Evidence(
            schema_version=1,
            run=RunRecord(
                id=self.run_id,
                started=started,
                finished=_now(),
                operator=_operator(),
                auditor=platform.node(),
                version=__version__,
                script_sha256=script.sha256(),
                unsafe_options=(*unsafe_options(self.inventory, self._asked()), *read.notes),
            ),
            inventory=self.inventory,
            asked=tuple(topic.topic for topic in self.options.wanted),
            servers=servers,
            ssodb=read.ssodb,
            management=read.management,
            message_boxes=read.message_boxes,
        )

    def _databases(self, ssodb: DatabaseEvidence, registry: EntssoRegistry | None) -> Databases:
        told, logins = Place(aliases=_aliases(registry)), Logins(self.sql_login, self.biztalk_login)
        try:
            return read_databases(self.inventory, ssodb, told, logins, offline=self.options.offline)
        except Exception as error:  # the databases never spoil the run
            logger.exception("fault in the collector", extra={"target": "databases"})
            return unread_databases(self.inventory, ssodb, missing(internal("the databases", error)))

    def _asked(self) -> tuple[Server, ...]:
        """The servers that are asked over WinRM."""
        if self.options.offline:
            return ()
        servers = self.inventory.servers
        return tuple(each for each in servers if each.transport == "winrm" and each.name not in self.from_files)

    def _first_look(self) -> dict[str, ServerEvidence]:
        """Ask one node for what the other steps need; the next one if it is silent, or cannot tell where SSODB is.

        That may take half of a node's time: both visits share its deadline.
        """
        limits = self.options.limits
        half = replace(limits, deadline=limits.deadline * _FIRST_SHARE)
        looked: dict[str, ServerEvidence] = {}
        for node in self.inventory.nodes:
            started = time.monotonic()
            looked[node.name] = self._ask(node, FIRST_LOOK, Names(), half)
            self._taken[node.name] = time.monotonic() - started
            if self._is_enough(looked[node.name]):
                break
        return looked

    def _is_enough(self, evidence: ServerEvidence) -> bool:
        sql = self.inventory.sql
        knows = sql.server is not None and sql.database is not None
        needed = Env.topic if knows else EntssoRegistry.topic
        return isinstance(evidence.topics.get(needed), Read)

    def _all_servers(self, first: dict[str, ServerEvidence], names: Names) -> tuple[ServerEvidence, ...]:
        servers = self.inventory.servers
        workers = self.options.workers or min(len(servers), MAXIMUM_WORKERS)
        done: dict[str, ServerEvidence] = {}
        with ThreadPoolExecutor(workers, thread_name_prefix="collect") as pool:
            waiting: set[Future[ServerEvidence]] = set()
            try:
                for server in servers:
                    waiting.add(pool.submit(self._ask_again, server, first.get(server.name), names))
                while waiting:
                    finished, waiting = wait(waiting, _GLANCE, FIRST_COMPLETED)
                    for future in finished:
                        evidence = future.result()
                        done[evidence.name] = evidence
                        self.progress(evidence.name, len(done), len(servers))
            except BaseException:
                self._caller.cancelled.set()
                try:
                    _wind_up(pool, waiting)
                except KeyboardInterrupt:  # a second time: not even cleaning up is waited for
                    abandon()
                raise
        return tuple(done[server.name] for server in servers)

    def _ask_again(self, server: Server, first: ServerEvidence | None, names: Names) -> ServerEvidence:
        """All topics; who did not even log us on at the first look, or spent the time there, is not asked twice."""
        limits = self.options.limits
        left = limits.deadline - self._taken.get(server.name, 0.0)
        reason = _reason(first, is_late=left < limits.deadline * _LEAST_SHARE)
        if first is None or reason is None:
            topics = self.options.topics
            return _merged(first, self._ask(server, topics, names, replace(limits, deadline=left)))
        unasked: dict[str, Reading] = {topic.topic: reason for topic in self.options.wanted}
        return _merged(first, first.model_copy(update={"topics": unasked}))

    def _ask(self, server: Server, topics: Sequence[type[Fact]], names: Names, limits: Limits) -> ServerEvidence:
        if server.name in self.from_files:
            return self.from_files[server.name]
        started = _now()
        printed = Printed()
        fault: Fault | None = None
        try:
            self._run(server, topics, names, limits, printed)
        except Fault as error:
            fault = error
            level = logging.INFO if error.code in (NOT_TRIED, OFFLINE) else logging.WARNING
            extra = {"target": server.name, "stage": error.stage.value, "details": error.details}
            logger.log(level, "%s", error, extra=extra)
        except Exception as error:  # one server never spoils the run
            logger.exception("fault in the collector", extra={"target": server.name})
            fault = internal(server.name, error)
        transcript = read_transcript(bytes(printed.data)) if printed.data else Transcript()
        answers = readings(server.name, topics, transcript, fault)
        answers |= {
            topic.topic: _left_out(topic)
            for topic in self.options.wanted
            if topic not in topics and topics is not FIRST_LOOK
        }
        heard = printed.heard if isinstance(answers.get(Env.topic), Read) else None
        return ServerEvidence(
            name=server.name,
            started=started,
            finished=_now(),
            topics=answers,
            heard=heard,
            source=Source(server.transport),
        )

    def _run(
        self, server: Server, topics: Sequence[type[Fact]], names: Names, limits: Limits, printed: Printed
    ) -> None:
        if self.options.offline:
            raise _offline(server)
        stdin = script.stdin(parameters(self.options, topics, names))
        budget = Budget(limits)
        self._powershell(server, script.ARGUMENTS, stdin, budget, printed)
        if refusal(bytes(printed.data)) == script.TRUNCATED:
            logger.info("$input was empty; reading the console's input", extra={"target": server.name})
            self._powershell(server, script.FALLBACK_ARGUMENTS, stdin, budget, printed)

    def _powershell(
        self, server: Server, arguments: Sequence[str], stdin: bytes, budget: Budget, printed: Printed
    ) -> None:
        printed.begin()
        output = self._caller.run(server, arguments, stdin, budget, printed.take)
        extra = {"target": server.name, "stage": FaultStage.RUN.value}
        logger.info("read in %.1f s, exit code %d", output.seconds, output.exit_code, extra=extra)
        if output.stderr:
            logger.info("PowerShell said: %s", output.stderr, extra=extra)


def parameters(options: Options, topics: Sequence[type[Fact]], names: Names) -> dict[str, object]:
    """What the node script is told: the topics asked for, the names to resolve, and what it may do."""
    return {
        "topics": [topic.topic for topic in topics],
        "accounts": list(names.accounts),
        "groups": list(names.groups),
        "hosts": list(names.hosts),
        "network_names": list(names.network_names),
        "compile": options.compile,
        "s4u": options.s4u,
        "allow_temp_files": options.temp_files,
        "active_network": options.active_network,
        "event_days": options.event_days,
        "event_count": options.event_count,
    }


def _beside(work: Callable[[], Databases]) -> "Future[Databases]":
    """Start the work in a thread that keeps nobody: an interrupted program ends without it."""
    future: Future[Databases] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, name="databases", daemon=True).start()
    return future


def unsafe_options(inventory: Inventory, asked: Sequence[Server]) -> tuple[str, ...]:
    """One sentence for every setting of the servers asked that gives up a protection; reports print them."""
    sentences = []
    for server in asked:
        settings = inventory.winrm_of(server)
        if settings.insecure_skip_verify:
            sentences.append(f"{server.name}: the certificate is not verified")
        if settings.auth == "basic":
            sentences.append(f"{server.name}: the password is sent to the server (basic)")
        if settings.auth == "credssp":
            sentence = "the password itself is sent to the server, which can use it elsewhere (credssp)"
            sentences.append(f"{server.name}: {sentence}")
    return tuple(sentences)


def _wind_up(pool: ThreadPoolExecutor, futures: set[Future[ServerEvidence]]) -> None:
    """Begin nothing more, and wait for what has begun."""
    pool.shutdown(wait=False, cancel_futures=True)
    begun = {future for future in futures if not future.cancelled()}
    while begun:
        _, begun = wait(begun, _GLANCE)


def _reason(first: ServerEvidence | None, *, is_late: bool) -> Missing | None:
    """Why a server is not asked again after the first look: what kept all of it, or what took the time."""
    readings = list(first.topics.values()) if first else []
    missing = [each for each in readings if isinstance(each, Missing)]
    is_silent = len(missing) == len(readings) and all(each.stage in _BEFORE_SHELL for each in missing)
    return missing[0] if missing and (is_silent or is_late) else None


def _merged(first: ServerEvidence | None, full: ServerEvidence) -> ServerEvidence:
    """The later answers, and of the first look what was not read again."""
    if first is None:
        return full
    earlier = {topic: reading for topic, reading in first.topics.items() if isinstance(reading, Read)}
    topics: dict[str, Reading] = {
        topic: reading if isinstance(reading, Read) else earlier.get(topic, reading)
        for topic, reading in full.topics.items()
    }
    heard = full.heard if isinstance(full.topics.get(Env.topic), Read) else first.heard
    return full.model_copy(update={"started": first.started, "topics": topics, "heard": heard})


def _registry(first: Mapping[str, ServerEvidence]) -> EntssoRegistry | None:
    """What the first look told of SSODB's place."""
    for evidence in first.values():
        reading = evidence.topics.get(EntssoRegistry.topic)
        fact = typed(reading, EntssoRegistry) if reading else None
        if isinstance(fact, EntssoRegistry):
            return fact
    return None


def _aliases(registry: EntssoRegistry | None) -> tuple[SqlAlias, ...]:
    """The SQL client aliases of the node that was looked at first: a group's machines have the same ones."""
    try:
        return registry.sql_aliases if registry else ()
    except Lacking:
        return ()


def _left_out(topic: type[Fact]) -> Missing:
    return Missing(
        status=ReadStatus.NOT_COLLECTED,
        code="left-out",
        stage=FaultStage.CONFIGURE.value,
        message=f"{topic.topic} was left out (--no-compile)",
        hint="Collect without --no-compile, or with --allow-temp-files.",
    )


def _offline(server: Server) -> Fault:
    return Fault(
        FaultStage.CONFIGURE,
        OFFLINE,
        f"{server.name} was not asked (--offline), and no file of it was given.",
        f"Run the stand-alone script on {server.name} and give its file with --from, or collect without --offline.",
    )


def internal(server: str, error: Exception) -> Fault:
    """A fault of our own, which spoils one server and not the run."""
    return Fault(
        FaultStage.READ,
        "internal",
        f"A fault in ssoaudit kept {server} from being read: {type(error).__name__}.",
        "Report it with the log.",
    )


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _now() -> datetime:
    return datetime.now(timezone.utc)
