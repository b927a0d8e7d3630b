"""Who is asked, how often, with which credential and for how long, told by what servers have seen."""

import concurrent.futures
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ssoaudit.collect import collection
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.winrm import attempts
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Evidence, Missing
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.lab.authentication import Account
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.command import Reply
from ssoaudit.vocabulary import Role, Stage
from tests.lab import tricks
from tests.lab.faulty import FaultyNode, Trick, Turn
from tests.lab.wire import Server as Listener
from tests.lab.wire import Wire

USER = "CONTOSO\\auditor"
PASSWORD = Secret("canary-Pa55word")
LOGON = Logon(USER, PASSWORD)
LIMITS = Limits(connect=5.0, operation=60.0, deadline=30.0)
SECONDS_AFTER_CTRL_C = 6.0
BASIC = "Basic "


def estate(
    *ports: int, settings: WinrmSettings | None = None, own: Mapping[int, WinrmSettings] | None = None
) -> Inventory:
    """Servers on loopback, the first two of them cluster nodes. SSODB is still to be made, so nobody asks for it."""
    servers = tuple(
        Server(
            host=f"SERVER{number}",
            address="127.0.0.1",
            port=port,
            roles=(Role.CLUSTER if number < 2 else Role.BIZTALK,),
            winrm=(own or {}).get(port),
        )
        for number, port in enumerate(ports)
    )
    winrm = settings or WinrmSettings(auth="ntlm")
    return Inventory(name="Estate", servers=servers, winrm=winrm, change="new", stage=Stage.PLANNED)


def collect(inventory: Inventory, limits: Limits = LIMITS) -> Evidence:
    return Collection(inventory, LOGON, Options(limits=limits)).collect()


def codes(evidence: Evidence) -> list[set[str]]:
    """Why readings are missing, server by server."""
    return [
        {reading.code for reading in each.topics.values() if isinstance(reading, Missing)} for each in evidence.servers
    ]


@dataclass
class Basic:
    """A listener that wants Basic over TLS, and what it was given."""

    answer: Callable[["Basic", Wire], None]
    given: list[str] = field(default_factory=list)

    def __call__(self, wire: Wire) -> None:
        while request := wire.request():
            self.given.append(request.headers.get("authorization", ""))
            self.answer(self, wire)


def reject(_: Basic, wire: Wire) -> None:
    wire.reply(401, b"", 'WWW-Authenticate: Basic realm="WSMAN"')


def reset(_: Basic, wire: Wire) -> None:
    wire.reset()


def unavailable(_: Basic, wire: Wire) -> None:
    wire.reply(503)


def take_then_reject(basic: Basic, wire: Wire) -> None:
    """The shell is opened, and the next request rejected."""
    if len(basic.given) == 1:
        wire.reply(200, tricks.soap('<a Name="ShellId">1</a>'))
    else:
        reject(basic, wire)


def take_and_deny(_: Basic, wire: Wire) -> None:
    """The password is taken, but no shell opened."""
    wire.reply(500, tricks.soap("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>"))


@dataclass
class Site:
    """Listeners of one CA."""

    authority: Authority
    directory: Path
    stack: ExitStack

    @property
    def ca_file(self) -> str:
        path = self.directory / "ca.pem"
        path.write_bytes(self.authority.pem)
        return str(path)

    @property
    def basic(self) -> WinrmSettings:
        return WinrmSettings(auth="basic", scheme="https", ca_file=self.ca_file)

    def certificate(self, name: str) -> WinrmSettings:
        path = self.directory / f"{name}.pem"
        path.touch(0o600)
        path.write_bytes(self.authority.client_pem(f"{name}@contoso.example"))
        return WinrmSettings(auth="certificate", scheme="https", ca_file=self.ca_file, client_cert=str(path))

    def listen(self, *answers: Callable[[Basic, Wire], None]) -> tuple[list[Basic], list[int]]:
        seen = [Basic(answer) for answer in answers]
        listeners = [Listener(each, self.authority.server_context("127.0.0.1")) for each in seen]
        return seen, [self.stack.enter_context(each).port for each in listeners]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def site(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    with ExitStack() as stack:
        yield Site(authority, tmp_path, stack)


def passwords(seen: list[Basic]) -> list[int]:
    """How often each was given the password."""
    return [sum(value.startswith(BASIC) for value in each.given) for each in seen]


def test_a_certificate_that_is_taken_does_not_prove_the_password(site: Site) -> None:
    seen, ports = site.listen(take_and_deny, *[reject] * 8)
    evidence = collect(estate(*ports, settings=site.basic, own={ports[0]: site.certificate("one")}))
    assert sum(passwords(seen)) == 1
    assert sorted(map(sorted, codes(evidence)[1:])) == [["auth"], *[["not-tried"]] * 7]


def test_a_rejected_password_does_not_stop_a_certificate(site: Site) -> None:
    seen, ports = site.listen(reject, take_and_deny, take_and_deny)
    one, other = site.certificate("one"), site.certificate("other")
    evidence = collect(estate(*ports, settings=site.basic, own={ports[1]: one, ports[2]: other}))
    assert passwords(seen) == [1, 0, 0]
    assert codes(evidence) == [{"auth"}, {"soap-fault"}, {"soap-fault"}]


@pytest.mark.parametrize("silence", [reset, unavailable])
def test_a_password_that_nobody_answers_is_given_twice_at_most(
    site: Site, silence: Callable[[Basic, Wire], None]
) -> None:
    seen, ports = site.listen(*[silence] * 6)
    evidence = collect(estate(*ports, settings=site.basic))
    assert sum(passwords(seen)) == 2
    assert sorted(map(sorted, codes(evidence)))[-4:] == [["not-tried"]] * 4


def test_a_rejection_after_the_shell_was_opened_is_learned(site: Site) -> None:
    seen, ports = site.listen(take_then_reject, *[reject] * 6)
    evidence = collect(estate(*ports, settings=site.basic))
    assert (passwords(seen)[0], sum(passwords(seen))) == (2, 3)
    assert codes(evidence)[0] == {"auth"}
    assert sorted(map(sorted, codes(evidence)[1:])) == [["auth"], *[["not-tried"]] * 5]


def test_one_server_that_rejects_what_others_take_stops_nobody_else(site: Site) -> None:
    seen, ports = site.listen(take_and_deny, reject, *[take_and_deny] * 6)
    evidence = collect(estate(*ports, settings=site.basic))
    assert passwords(seen)[1] == 1
    assert [each for each in codes(evidence) if each != {"soap-fault"}] == [{"auth"}]


@pytest.mark.parametrize(("answer", "times"), [("hang-up", 3), ("reject", 1)])
def test_who_did_not_log_us_on_at_the_first_look_is_not_asked_twice(site: Site, answer: str, times: int) -> None:
    def hang_up(wire: Wire) -> None:
        wire.request()

    def refuse(wire: Wire) -> None:
        while wire.request():
            wire.reply(401, b"", "WWW-Authenticate: Digest x")

    with Listener(hang_up if answer == "hang-up" else refuse) as listener:
        evidence = collect(estate(listener.port))
    assert codes(evidence) == [{"conn-lost" if answer == "hang-up" else "auth-scheme"}]
    assert listener.connections == times


@dataclass
class Clock:
    """The time, which passes faster where a test wants it to."""

    passed: float = 0.0

    def __post_init__(self) -> None:
        self._real = time.monotonic

    def monotonic(self) -> float:
        return self._real() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock


def granted(clock: Clock, seconds: float, output: bytes) -> list[int]:
    """What each conversation of a collection asks its server to answer within.

    The first one takes some seconds, and then that output comes.
    """
    asked: list[int] = []

    def create(turn: Turn) -> None:
        asked.append(int(turn.request.operation_timeout))
        turn.answer_honestly()

    def command(turn: Turn) -> None:
        if len(asked) == 1:
            clock.passed += seconds
        turn.answer_honestly()

    played: dict[str, Trick] = {"Create": create, "Command": command}
    with FaultyNode(Account(USER, PASSWORD), played, run=lambda *_: Reply(output)) as node:
        collect(estate(node.port))
    return asked


def test_the_first_look_takes_half_of_a_servers_time_and_leaves_the_rest(clock: Clock) -> None:
    assert granted(clock, 12.0, b"") == [14, 17]


def test_reading_the_consoles_input_takes_what_is_left_of_it(clock: Clock) -> None:
    assert granted(clock, 9.0, b"SSOAUDIT/1 REFUSED truncated\r\n") == [14, 5, 20, 20]


def test_who_spends_the_time_of_both_visits_on_the_first_is_not_visited_again(clock: Clock) -> None:
    assert granted(clock, 25.0, b"") == [14]


class Interrupting(concurrent.futures.ThreadPoolExecutor):
    """Ctrl-C comes as the second server is submitted."""

    submitted = 0

    def submit(self, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        future = super().submit(*args, **kwargs)
        self.submitted += 1
        if self.submitted == 2:
            raise KeyboardInterrupt
        return future


def test_ctrl_c_while_servers_are_submitted_ends_what_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "ThreadPoolExecutor", Interrupting)
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    with Listener(Wire.wait_until_left) as listener:
        servers = [Server(host=f"SERVER{n}", address="127.0.0.1", port=listener.port) for n in range(3)]
        gone = Server(host="NODE1", address="127.0.0.1", port=1, roles=(Role.CLUSTER,))
        inventory = estate(1).model_copy(update={"servers": (gone, *servers)})
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            collect(inventory, Limits(connect=1.0, deadline=20.0))
    assert time.monotonic() - started <= SECONDS_AFTER_CTRL_C
