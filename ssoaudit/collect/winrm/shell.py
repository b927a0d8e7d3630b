"""One command on one machine: a shell is opened, the command run and fed, its output read, and all of it removed."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WSManFaultError

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.classify import RefusedError, classify
from ssoaudit.collect.winrm.clixml import clean
from ssoaudit.collect.winrm.connection import check, resolve
from ssoaudit.collect.winrm.correspondence import CheckedProtocol
from ssoaudit.collect.winrm.endpoint import Endpoint, Method, certificates, check_policy, logon_method
from ssoaudit.collect.winrm.identity import client_certificate
from ssoaudit.collect.winrm.limits import DEFAULTS, Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.transport import SafeTransport
from ssoaudit.collect.winrm.watchdog import Guard
from ssoaudit.inventory import WinrmSettings

__all__ = ["Limits", "Logon", "Output", "run"]

_LOG = logging.getLogger(__name__)

Turn = Callable[[], AbstractContextManager[None]]
"""Makes what is held while logging on."""

_SEND_BYTES = 98_304  # in Base64 and SOAP still below the 150 KB that the oldest servers take
_UTF8 = 65001
_IDLE_SECONDS = 30
_MOST_IDLE_REPLIES = 200
_LAST_SECONDS = 1.5
_INPUT_CLOSED = frozenset({109, 232})  # ERROR_BROKEN_PIPE, ERROR_NO_DATA: the command ended without reading it all


@dataclass(frozen=True)
class Output:
    """What a command left: its output, the errors on its stderr in plain text, its exit code, and how long it took.

    `ended_with_output`: whether its end came in one answer with output; None where there are no answers.
    """

    stdout: bytes
    stderr: str
    exit_code: int
    seconds: float
    ended_with_output: bool | None = None


def run(  # noqa: PLR0917 - where, how, as whom; then the command line and its input
    endpoint: Endpoint,
    settings: WinrmSettings,
    logon: Logon,
    command: str,
    arguments: Sequence[str],
    stdin: bytes,
    *,
    limits: Limits = DEFAULTS,
    cancelled: threading.Event | None = None,
    turn: Turn = nullcontext,
    on_stdout: Callable[[bytes], None] = lambda _: None,
) -> Output:
    """Run a command there and wait for its end.

    Args:
        endpoint: Where.
        settings: How: the way of logging on, the certificates trusted.
        logon: As whom.
        command: The program; no cmd.exe is started around it.
        arguments: Joined by blanks, as they stand.
        stdin: The command's whole input.
        limits: How long and how much.
        cancelled: Once set, the conversation is cut and cleaned up.
        turn: Held while logging on, once connected: it may wait, and see or raise a `Fault`. Its time is not counted.
        on_stdout: Given each piece of output as it comes, so that what came before a fault is not lost. Must not raise.

    Raises:
        Fault: And nothing else. The shell is then removed, as far as the machine can still be reached.
    """
    check_policy(endpoint, settings)
    method = logon_method(endpoint, settings)
    _check_logon(endpoint, method, logon)
    trusted = certificates(endpoint, settings)
    identity = client_certificate(endpoint, settings)
    fault = None
    with Guard(limits.deadline, cancelled) as guard:
        conversation = _Conversation(guard, limits, on_stdout)
        try:
            transport = SafeTransport(
                endpoint,
                method=method,
                logon=logon,
                certificates=trusted,
                identity=identity,
                addresses=resolve(endpoint, guard, limits.connect),
                guard=guard,
                limits=limits,
            )
            conversation.connect(transport)
            with _held(turn(), guard):
                try:
                    shell = conversation.log_on()
                except Exception as error:  # noqa: BLE001 - those who wait for the turn learn of it
                    raise _fault(error, endpoint, logon, conversation) from None
            output = conversation.hold(shell, command, arguments, stdin)
        except Fault as error:
            fault = error
        except Exception as error:  # noqa: BLE001 - whatever it is, one machine does not end the run
            fault = _fault(error, endpoint, logon, conversation)
        finally:
            conversation.end()
    if fault is not None:
        # Raised here, and as if it were new: so no traceback holds a frame that knows the password.
        fault.__context__ = fault.__traceback__ = None
        raise fault
    return output


def _check_logon(endpoint: Endpoint, method: Method, logon: Logon) -> None:
    """Without a user and a password NTLM would look for credentials of its own."""
    if method not in ("kerberos", "certificate") and not (logon.user and logon.password.reveal()):
        raise Fault(
            FaultStage.CONFIGURE,
            "no-credentials",
            f"There is no user name and password to log on to {endpoint.target} with.",
            "Give both, or get a Kerberos ticket (kinit) and set winrm.auth to kerberos.",
        )


@contextmanager
def _held(turn: AbstractContextManager[None], guard: Guard) -> Iterator[None]:
    """The turn, once it has come; waiting for it is not counted."""
    with ExitStack() as stack:
        with guard.paused():
            stack.enter_context(turn)
        yield


def _fault(error: Exception, endpoint: Endpoint, logon: Logon, conversation: "_Conversation") -> Fault:
    return classify(conversation.breach() or error, endpoint, logon.user, conversation.stage)


class _Conversation:
    """What is held with one machine, from opening the shell to removing it."""

    def __init__(self, guard: Guard, limits: Limits, on_stdout: Callable[[bytes], None]) -> None:
        self._guard = guard
        self._limits = limits
        self._on_stdout = on_stdout
        self._transport: SafeTransport | None = None
        self._shell: str | None = None
        self._command: str | None = None
        self._intact = False
        # The connection details are SafeTransport's; those given here reach no one.
        self._protocol = CheckedProtocol("http://unused.invalid/wsman", username="unused", password="")

    @property
    def stage(self) -> FaultStage:
        """How far it went."""
        if not self._protocol.answered:
            gave_password = self._transport is not None and self._transport.gave_password
            return FaultStage.AUTHENTICATE if gave_password else FaultStage.CONNECT
        return FaultStage.SHELL if self._command is None else FaultStage.RUN

    def breach(self) -> RefusedError | None:
        """What the guard has to say, where the exception at hand only tells of its cutting the connection."""
        if self._guard.is_cancelled:
            return RefusedError("cancelled")
        return RefusedError("deadline", f"{self._limits.deadline:g} s") if self._guard.is_due else None

    def connect(self, transport: SafeTransport) -> None:
        """Connect, and no more."""
        self._protocol.transport = self._transport = transport
        transport.connect()

    def log_on(self) -> str:
        """Log on and open the shell: the first request that tells whether the credentials are taken."""
        with self._noting():
            self._shell = shell = self._open()
        return shell

    def hold(self, shell: str, command: str, arguments: Sequence[str], stdin: bytes) -> Output:
        """Run the command, feed it, read it to its end."""
        started = time.monotonic()
        with self._noting():
            self._command = self._start(shell, command, arguments)
            self._send(shell, self._command, stdin)
            stdout, stderr, exit_code, ended_with_output = self._receive(shell, self._command)
            self._command = None  # it has ended: with the shell goes all that is left of it
        self._intact = True
        return Output(stdout, clean(stderr), exit_code, time.monotonic() - started, ended_with_output)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Whether the connection still stands after an error, and whether there is a shell to remove."""
        try:
            yield
        except (WSManFaultError, WinRMOperationTimeoutError):
            self._intact = True  # the machine answered, if only by a fault
            raise
        except InvalidCredentialsError:
            self._shell = None  # not even for cleaning up: one wrong password is one failed logon
            raise

    def _open(self) -> str:
        self._pace()
        idle = math.ceil(self._limits.deadline) + _IDLE_SECONDS
        return self._protocol.open_shell(noprofile=True, codepage=_UTF8, idle_timeout=f"PT{idle}S")

    def _start(self, shell: str, command: str, arguments: Sequence[str]) -> str:
        self._pace()
        return self._protocol.run_command(shell, command, arguments, console_mode_stdin=False, skip_cmd_shell=True)

    def _send(self, shell: str, command: str, stdin: bytes) -> None:
        for piece, is_last in _pieces(stdin):
            self._pace()
            try:
                self._protocol.send_command_input(shell, command, piece, end=is_last)
            except WSManFaultError as fault:
                if fault.wsman_fault_code in _INPUT_CLOSED:
                    return
                raise

    def _receive(self, shell: str, command: str) -> tuple[bytes, bytes, int, bool]:
        stdout, stderr, idle, done, exit_code = bytearray(), bytearray(), 0, False, -1
        while not done:
            self._leave_time_to_end()
            self._pace()
            try:
                out, err, exit_code, done = self._protocol.get_command_output_raw(shell, command)
            except WinRMOperationTimeoutError:
                out = err = b""
            idle = 0 if out or err else idle + 1
            if idle > _MOST_IDLE_REPLIES:
                raise RefusedError("protocol", "one empty reply after another")
            if len(stdout) + len(out) > self._limits.stdout_bytes:
                raise RefusedError("too-large", "output")
            stdout += out
            stderr += err[: self._limits.stderr_bytes - len(stderr)]
            if out:
                self._on_stdout(out)
        return bytes(stdout), bytes(stderr), exit_code, bool(out or err)

    def _pace(self) -> None:
        """Ask the machine to answer before the deadline, so that it is not the connection that breaks."""
        check(self._guard)
        self._protocol.operation_timeout_sec = max(1, math.floor(min(self._limits.operation, self._guard.left - 0.5)))

    def _leave_time_to_end(self) -> None:
        """Give up a little early: over a connection that still stands, cleaning up is two requests."""
        if self._guard.left < min(_LAST_SECONDS, self._limits.deadline / 10):
            self._intact = True
            raise RefusedError("deadline", f"{self._limits.deadline:g} s")

    def end(self) -> None:
        """End the command and remove the shell, over a new connection if this one broke; then forget everything."""
        if self._transport is None:
            return
        try:
            if self._shell is not None:
                self._remove(self._transport, self._shell)
        finally:
            self._transport.discard()

    def _remove(self, transport: SafeTransport, shell: str) -> None:
        """The shell takes its command with it; over a new connection, after a new logon, that alone is asked for."""
        steps: list[Callable[[], None]] = [partial(self._protocol.close_shell, shell, close_session=False)]
        if not self._intact:
            transport.discard()
        elif self._command is not None:
            steps.insert(0, partial(self._protocol.cleanup_command, shell, self._command))
        seconds = self._limits.cleanup / len(steps)  # each has its share: a signal that hangs must not keep the shell
        self._protocol.operation_timeout_sec = max(1, math.floor(seconds))
        for step in steps:
            self._guard.allow(seconds)
            if not _attempt(transport, step):
                return


def _attempt(transport: SafeTransport, step: Callable[[], None]) -> bool:
    """Try a step of cleaning up; whether another may follow, which is not so where the credentials were rejected."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - there is nothing to be done about it
        _LOG.debug("cleaning up: %s", type(error).__name__)
        transport.discard()
        return not isinstance(error, InvalidCredentialsError)
    return True


def _pieces(stdin: bytes) -> Iterator[tuple[bytes, bool]]:
    """The input in pieces, at least one, and whether each is the last."""
    starts = range(0, len(stdin), _SEND_BYTES) or range(1)
    return ((stdin[start : start + _SEND_BYTES], start == starts[-1]) for start in starts)
