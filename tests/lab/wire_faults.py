"""Every fault of the wire by its name: what the node does, and what the auditor has to make of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ssoaudit.collect.faults import FaultStage
from ssoaudit.collect.script import BOOTSTRAP
from ssoaudit.lab.command import Command
from ssoaudit.lab.powershell import powershell
from tests.lab import tricks
from tests.lab.faulty import ANY, Line, Trick

NTLM = "ntlm"
BASIC = "basic"
"""The two ways of talking: NTLM with message encryption over HTTP, and Basic over TLS."""

CONNECT, TLS, LOGON, SHELL, RUN = (
    FaultStage.CONNECT,
    FaultStage.TLS,
    FaultStage.AUTHENTICATE,
    FaultStage.SHELL,
    FaultStage.RUN,
)


AMPLE = 12.0
"""A deadline, in seconds, for faults that do not wait for it: three attempts fit in, with their pauses."""

SHORT = 2.0


@dataclass(frozen=True)
class Expected:
    """The code and stage of what could not be read; `keeps` where the answers that came before are still there.

    `orphans` counts the shells that only their idle timeout ends: their name never arrived, the node does not remove
    them, or asking it to would be another failed logon.
    """

    code: str
    stage: FaultStage
    keeps: bool = False
    orphans: int = 0


class Works:
    """The node is read in full."""


class Senseless(str):
    """Why a fault has no meaning for one of the two ways of talking."""

    __slots__ = ()


WORKS = Works()
Outcome = Expected | Works | Senseless


@dataclass(frozen=True)
class WireFault:
    """A fault of one node.

    `tricks` are played on what is asked (by action), `line` serves whole connections, `runs` puts itself between
    client and PowerShell, `listens` is what the port does, `certificate` whose the node's is. There are three
    `attempts` where it could pass by itself and nothing runs yet; `deadline` is in seconds.
    """

    ntlm: Outcome
    basic: Outcome
    tricks: Mapping[str, Trick] = field(default_factory=dict)
    line: Line | None = None
    runs: Callable[[Command], Command] = lambda honest: honest
    listens: str = "yes"
    certificate: str = "right"
    swaps_tls: bool = False
    negotiate: bool = False
    attempts: int = 1
    deadline: float = AMPLE

    def expected(self, scheme: str) -> Outcome:
        return self.ntlm if scheme == NTLM else self.basic


def _at(
    action: str,
    trick: Trick,
    outcome: Outcome,
    *,
    basic: Outcome | None = None,
    attempts: int = 1,
    deadline: float = AMPLE,
) -> WireFault:
    return WireFault(
        outcome,
        basic or outcome,
        {action: trick},
        attempts=attempts,
        deadline=deadline,
    )


def _on_connecting(line: Line, outcome: Expected, *, deadline: float = AMPLE) -> WireFault:
    """Over Basic the password is out by then, as that is sent unasked."""
    return WireFault(outcome, replace(outcome, stage=LOGON), line=line, deadline=deadline)


def _in_powershell(runs: Callable[[Command], Command], outcome: Outcome, *, attempts: int = 1) -> WireFault:
    return WireFault(outcome, outcome, runs=runs, attempts=attempts)


def _language_mode(_: Command) -> Command:
    return powershell({}, BOOTSTRAP, language_mode="ConstrainedLanguage")


_SEALED = Senseless("TLS seals the messages: whoever alters them breaks the connection")
_NO_TLS = Senseless("there is no TLS")
_PREEMPTIVE = Senseless("Basic is sent unasked")
_TEXT = "Content-Type: text/html"
_BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;&b;&b;&b;</a>'
_QUADRATIC = b'<!DOCTYPE a [<!ENTITY a "' + b"a" * 50_000 + b'">]><a>' + b"&a;" * 50_000 + b"</a>"
_XXE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
_UTF16 = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16")

FAULTS: Mapping[str, WireFault] = {
    # Nobody there, or somebody else.
    "no-listener": WireFault(Expected("refused", CONNECT), Expected("refused", CONNECT), listens="no", attempts=3),
    "black-hole": WireFault(
        Expected("connect-timeout", CONNECT), Expected("connect-timeout", CONNECT), listens="full", attempts=3
    ),
    "silent": _on_connecting(tricks.silent, Expected("deadline", CONNECT), deadline=SHORT),
    "not-http": _on_connecting(tricks.noise, Expected("protocol", CONNECT)),
    "https-where-http-is-expected": WireFault(Expected("conn-lost", CONNECT), _NO_TLS, swaps_tls=True, attempts=3),
    "http-where-https-is-expected": WireFault(
        Senseless("that is http"), Expected("scheme", CONNECT), line=tricks.plain_http, swaps_tls=True
    ),
    "certificate-untrusted": WireFault(_NO_TLS, Expected("tls-untrusted", TLS), certificate="untrusted"),
    "certificate-of-another-name": WireFault(_NO_TLS, Expected("tls-name", TLS), certificate="other-name"),
    # Before or instead of a logon.
    "other-scheme-offered": _on_connecting(
        tricks.answering(401, "WWW-Authenticate: Digest x"), Expected("auth-scheme", LOGON)
    ),
    "redirect": _on_connecting(
        tricks.answering(307, "Location: http://127.0.0.1:1/wsman"), Expected("redirect", CONNECT)
    ),
    "http503": WireFault(Expected("http", CONNECT), _PREEMPTIVE, line=tricks.answering(503), attempts=3),
    "http503-once-given-the-password": WireFault(
        Expected("http", LOGON), Expected("http", LOGON), line=tricks.unavailable_for_password
    ),
    "reset-once-given-the-password": WireFault(
        Expected("conn-lost", LOGON), Expected("conn-lost", LOGON), line=tricks.reset_for_password
    ),
    "http404": _on_connecting(tricks.answering(404), Expected("http", CONNECT)),
    "web-server": WireFault(
        Expected("downgrade", CONNECT),
        Expected("protocol", LOGON),
        line=tricks.answering(200, _TEXT, body=b"<p>Welcome!<p>"),
    ),
    "huge-challenge": _on_connecting(
        tricks.answering(401, "WWW-Authenticate: NTLM", body=b"x" * 2 * tricks.MEGABYTE),
        Expected("too-large", CONNECT),
    ),
    # A connection that breaks or stalls.
    "hang": _at("Receive", tricks.hang, Expected("deadline", RUN), deadline=SHORT),
    "hang-on-create": _at("Create", tricks.hang, Expected("deadline", LOGON), deadline=SHORT),
    "hang-on-command": _at("Command", tricks.hang, Expected("deadline", SHELL), deadline=SHORT),
    "hang-on-send": _at("Send", tricks.hang, Expected("deadline", RUN), deadline=SHORT),
    "hang-for-good": WireFault(
        Expected("deadline", RUN, orphans=1),
        Expected("deadline", RUN, orphans=1),
        dict.fromkeys(("Receive", "Signal", "Delete"), tricks.hang),
        deadline=SHORT,
    ),
    "hang-on-signal": WireFault(
        Expected("deadline", RUN),
        Expected("deadline", RUN),
        {"Receive": tricks.saying(tricks.received(tricks.stdout("eA=="))), "Signal": tricks.hang},
        deadline=SHORT,
    ),
    "reset": _at("Receive", tricks.reset, Expected("conn-lost", RUN)),
    "reset-on-create": _at("Create", tricks.reset, Expected("conn-lost", LOGON)),
    "reset-on-command": _at("Command", tricks.reset, Expected("conn-lost", SHELL), attempts=3),
    "close": _at("Receive", tricks.hang_up, Expected("conn-lost", RUN)),
    "truncated": _at("Receive", tricks.truncated, Expected("conn-lost", RUN)),
    "drip": _at("Receive", tricks.drip_body, Expected("deadline", RUN), deadline=SHORT),
    "hdrip": _at("Receive", tricks.drip_header, Expected("deadline", RUN), deadline=SHORT),
    "dropped-keep-alive": _at("Command", tricks.answer_and_close, Expected("conn-lost", RUN), basic=WORKS),
    # Too much.
    "huge": _at("Receive", tricks.huge, Expected("too-large", RUN)),
    "huge-chunks": _at("Receive", tricks.huge_chunks, Expected("too-large", RUN)),
    "gzip-bomb": _at("Receive", tricks.gzip_bomb, Expected("protocol", RUN)),
    "never-ends": _at(
        "Receive", tricks.saying(tricks.received(tricks.stdout("eA=="))), Expected("deadline", RUN), deadline=SHORT
    ),
    "empty-receives": _at("Receive", tricks.saying(tricks.received(state="")), Expected("protocol", RUN)),
    "empty-running-receives": _at("Receive", tricks.saying(tricks.received()), Expected("protocol", RUN)),
    "timed-out-receives": _at("Receive", tricks.timed_out, Expected("protocol", RUN)),
    "stdout-flood": _in_powershell(tricks.flooding_stdout, Expected("too-large", RUN)),
    "stdout-without-end": _at(
        "Receive", tricks.saying(tricks.received(tricks.stdout("eHh4" * 100_000))), Expected("too-large", RUN)
    ),
    "stderr-flood": _in_powershell(tricks.flooding_stderr, WORKS),
    # What is not WinRM.
    "malformed": _at("Receive", tricks.saying(b"<a"), Expected("protocol", RUN)),
    "wrongxml": _at("Receive", tricks.saying(b"<a/>"), Expected("protocol", RUN)),
    "wrongxml-on-create": _at("Create", tricks.saying(b"<a/>"), Expected("protocol", LOGON)),
    "done-without-code": _at("Receive", tricks.saying(tricks.received(state="Done")), Expected("protocol", RUN)),
    "wrong-relates-to": _at("Receive", tricks.wrong_relation, Expected("protocol", RUN)),
    "empty200": _at("Receive", tricks.http(200), Expected("protocol", RUN)),
    "notype": _at("Receive", tricks.untyped, Expected("downgrade", RUN), basic=WORKS),
    "plain500": _at(
        "Receive",
        tricks.http(500, _TEXT, body=b"<html>Internal Server Error</p>"),
        Expected("downgrade", RUN),
        basic=Expected("http", RUN),
    ),
    "sealed500": _at("Receive", tricks.saying(b"no XML", 500), Expected("http", RUN)),
    "http401": _at(
        "Receive",
        tricks.http(401, "WWW-Authenticate: NTLM", 'WWW-Authenticate: Basic realm="WSMAN"'),
        Expected("conn-lost", RUN),
        basic=Expected("auth", LOGON, orphans=1),
    ),
    "http503-on-receive": _at("Receive", tricks.http(503), Expected("http", RUN)),
    "redirect-on-receive": _at("Receive", tricks.http(302, "Location: file:///etc/passwd"), Expected("redirect", RUN)),
    # Faults that Windows answers with.
    "access-denied": _at("Create", tricks.fault(5, "w:AccessDenied"), Expected("denied", SHELL)),
    "quota-shells": _at("Create", tricks.fault(2150859173, "w:QuotaLimit"), Expected("quota", SHELL), attempts=3),
    "quota-operations": _at("Command", tricks.fault(2150859174, "w:QuotaLimit"), Expected("quota", SHELL), attempts=3),
    "shell-not-found": _at("Receive", tricks.fault(2150858843, "w:InvalidSelectors"), Expected("shell-lost", RUN)),
    "op-timeout-on-create": _at("Create", tricks.timed_out, Expected("slow-node", SHELL)),
    "envelope-too-big": _at("Send", tricks.fault(2150859025, "w:EncodingLimit"), Expected("request-too-large", RUN)),
    "http413": _at("Send", tricks.http(413), Expected("request-too-large", RUN)),
    # XML that harms its reader.
    "bomb": _at("Receive", tricks.saying(_BOMB), Expected("hostile", RUN)),
    "quadratic": _at("Receive", tricks.saying(_QUADRATIC), Expected("hostile", RUN)),
    "xxe": _at("Receive", tricks.saying(_XXE), Expected("hostile", RUN)),
    "utf16": _at("Receive", tricks.saying(_UTF16), Expected("hostile", RUN)),
    "hostile-fault": _at("Create", tricks.saying(_XXE, 500), Expected("hostile", LOGON)),
    # Messages that are not the node's.
    "plaintext-reply": _at("Receive", tricks.in_clear, Expected("downgrade", RUN), basic=_SEALED),
    "plaintext-fault": _at("Receive", tricks.fault_in_clear, Expected("downgrade", RUN), basic=_SEALED),
    "garbage-ciphertext": _at("Receive", tricks.garbage, Expected("integrity", RUN), basic=_SEALED),
    "altered-ciphertext": _at("Receive", tricks.altered, Expected("integrity", RUN), basic=_SEALED),
    "tampered-signature": _at("Receive", tricks.forged_signature, Expected("integrity", RUN), basic=_SEALED),
    "replayed-reply": WireFault(
        Expected("integrity", RUN),
        Expected("protocol", RUN),
        {"Create": tricks.answer_and_keep, "Receive": tricks.replay},
    ),
    "reply-to-create-lost": _at("Create", tricks.altered, Expected("integrity", LOGON, orphans=1), basic=_SEALED),
    # PowerShell that refuses, or fails.
    "input-altered": _in_powershell(tricks.given(tricks.one_byte_flipped), Expected("altered", RUN)),
    "input-truncated": _in_powershell(tricks.given(tricks.header_alone), Expected("altered", RUN), attempts=2),
    "language-mode": _in_powershell(_language_mode, Expected("language-mode", RUN)),
    "syntax-error": _in_powershell(tricks.not_parsed, Expected("unfinished", RUN)),
    "throw": _in_powershell(tricks.throwing, Expected("unfinished", RUN, keeps=True)),
    # A second WS-Management server: forms that are its own, and faults that are not Windows'.
    "parts-without-tabs": WireFault(
        WORKS, _SEALED, {ANY: tricks.reshaped((b"\tContent-Type", b"Content-Type"), (b"\tOriginal", b"Original"))}
    ),
    "two-line-ends": WireFault(
        WORKS, _SEALED, {ANY: tricks.reshaped((b"--Encrypted Boundary--\r\n", b"--Encrypted Boundary--\r\n\r\n"))}
    ),
    "kerberos-protocol-name": WireFault(
        WORKS, _SEALED, {ANY: tricks.reshaped((b"HTTP-SPNEGO-session", b"HTTP-Kerberos-session"))}
    ),
    "segments": WireFault(WORKS, WORKS, {ANY: tricks.in_segments}),
    "three-challenges-and-a-final-token": WireFault(WORKS, _PREEMPTIVE, negotiate=True),
    "fault-with-subcode": _at(
        "Create",
        tricks.soap_fault(
            "<s:Value>s:Sender</s:Value><s:Subcode><s:Value>wsman:InvalidParameter</s:Value></s:Subcode>", "No."
        ),
        Expected("soap-fault", SHELL),
    ),
    "must-understand": _at(
        "Create",
        tricks.soap_fault("<s:Value>s:MustUnderstand</s:Value>", "A header was not understood."),
        Expected("soap-fault", SHELL),
    ),
    "fault-without-reason": _at(
        "Create", tricks.soap_fault("<s:Value>s:Receiver</s:Value>", ""), Expected("soap-fault", SHELL)
    ),
    "empty500": _at("Create", tricks.http(500), Expected("http", LOGON)),
}
