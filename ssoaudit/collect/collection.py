"""The three steps of a collection: the first look, SSODB, and then all servers at once.

One server never spoils the run: what cannot be read stands in the evidence with its reason.
"""

import getpass
import logging
import platform
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ssoaudit.collect import script
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.frames import Transcript, read_transcript, readings
from ssoaudit.collect.guard import NOT_TRIED, LogonGuard
from ssoaudit.collect.winrm import shell
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.evidence import Evidence, Read, Reading, ServerEvidence
from ssoaudit.facts import TOPICS, ClusterView, EntssoRegistry, Env, Fact, Services
from ssoaudit.inventory import Inventory, Server
from ssoaudit.record import RunRecord
from ssoaudit.version import __version__

logger = logging.getLogger(__name__)

FIRST_LOOK: tuple[type[Fact], ...] = (Env, EntssoRegistry, Services, ClusterView)
MAXIMUM_WORKERS = 64
DEFAULTS = Limits()

Progress = Callable[[str, int, int], None]
"""Called with a server's name, how many servers are done, and how many there are."""


@dataclass(frozen=True)
class Options:
    """How a collection goes: threads (one per server up to 64 unless given) and limits per server."""

    workers: int | None = None
    limits: Limits = DEFAULTS


@dataclass
class Collection:
    """One collection of one estate; `collect` runs it."""

    inventory: Inventory
    logon: Logon
    options: Options = field(default_factory=Options)
    progress: Progress = lambda *_: None
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._guard = LogonGuard()

    def collect(self) -> Evidence:
        """Read all servers. Raises nothing but `KeyboardInterrupt`, after the servers were cleaned up."""
        started = _now()
        first = self._first_look()
        servers = self._all_servers(first)
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
                unsafe_options=unsafe_options(self.inventory),
            ),
            inventory=self.inventory,
            asked=tuple(topic.topic for topic in TOPICS),
            servers=servers,
        )

    def _first_look(self) -> dict[str, ServerEvidence]:
        """Ask one node for what the other steps need; the next one if it is silent."""
        looked: dict[str, ServerEvidence] = {}
        for node in self.inventory.nodes:
            evidence = self._ask(node, FIRST_LOOK)
            if any(isinstance(reading, Read) for reading in evidence.topics.values()):
                looked[node.name] = evidence
                break
            if self._guard.rejection is not None:
                break
        return looked

    def _all_servers(self, first: dict[str, ServerEvidence]) -> tuple[ServerEvidence, ...]:
        servers = self.inventory.servers
        workers = self.options.workers or min(len(servers), MAXIMUM_WORKERS)
        done: dict[str, ServerEvidence] = {}
        with ThreadPoolExecutor(workers, thread_name_prefix="collect") as pool:
            waiting: set[Future[ServerEvidence]] = {pool.submit(self._ask, server, TOPICS) for server in servers}
            try:
                while waiting:
                    finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in finished:
                        evidence = future.result()
                        done[evidence.name] = _merged(first.get(evidence.name), evidence)
                        self.progress(evidence.name, len(done), len(servers))
            except BaseException:
                self.cancelled.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return tuple(done[server.name] for server in servers)

    def _ask(self, server: Server, topics: Sequence[type[Fact]]) -> ServerEvidence:
        started = _now()
        printed = bytearray()
        fault: Fault | None = None
        try:
            with self._guard.logon(server.name):
                self._run(server, topics, printed)
        except Fault as error:
            fault = error
            level = logging.INFO if error.code == NOT_TRIED else logging.WARNING
            extra = {"target": server.name, "stage": error.stage.value, "details": error.details}
            logger.log(level, "%s", error, extra=extra)
        except Exception as error:  # one server never spoils the run
            logger.exception("fault in the collector", extra={"target": server.name})
            fault = _internal(server.name, error)
        transcript = read_transcript(bytes(printed)) if printed else Transcript()
        answers = readings(server.name, topics, transcript, fault)
        return ServerEvidence(name=server.name, started=started, finished=_now(), topics=answers)

    def _run(self, server: Server, topics: Sequence[type[Fact]], printed: bytearray) -> None:
        settings = self.inventory.winrm_of(server)
        where = endpoint(server.name, server.address or server.host, settings)
        output = shell.run(
            where,
            settings,
            self.logon,
            script.COMMAND,
            script.ARGUMENTS,
            script.stdin({"topics": [topic.topic for topic in topics]}),
            limits=self.options.limits,
            cancelled=self.cancelled,
            on_stdout=printed.extend,
        )
        extra = {"target": server.name, "stage": FaultStage.RUN.value}
        logger.info("read in %.1f s, exit code %d", output.seconds, output.exit_code, extra=extra)
        if output.stderr:
            logger.info("PowerShell said: %s", output.stderr, extra=extra)


def unsafe_options(inventory: Inventory) -> tuple[str, ...]:
    """One sentence for every setting of the inventory that gives up a protection; reports print them."""
    sentences = []
    for server in inventory.servers:
        settings = inventory.winrm_of(server)
        if settings.insecure_skip_verify:
            sentences.append(f"{server.name}: the certificate is not verified")
        if settings.auth == "basic":
            sentences.append(f"{server.name}: the password is sent to the server (basic)")
        if settings.auth == "credssp":
            sentences.append(f"{server.name}: the password is handed to the server (credssp)")
    return tuple(sentences)


def _merged(first: ServerEvidence | None, full: ServerEvidence) -> ServerEvidence:
    """The later answers, and of the first look what was not read again."""
    if first is None:
        return full
    earlier = {topic: reading for topic, reading in first.topics.items() if isinstance(reading, Read)}
    topics: dict[str, Reading] = {
        topic: reading if isinstance(reading, Read) else earlier.get(topic, reading)
        for topic, reading in full.topics.items()
    }
    return full.model_copy(update={"started": first.started, "topics": topics})


def _internal(server: str, error: Exception) -> Fault:
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
