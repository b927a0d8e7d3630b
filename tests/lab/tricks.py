"""What a node can do instead of answering."""

import gzip
from collections.abc import Callable, Sequence

from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.powershell import clixml
from ssoaudit.lab.wsman import SHELL, WSManError
from tests.lab import ntlm
from tests.lab.faulty import Turn
from tests.lab.wire import Wire

FOUR_GIGABYTES = 4 * 1024**3
MEGABYTE = 1024**2
STREAM_BYTES = 2_000_000
"""More than the matrix accepts of stdout, and of stderr."""

_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"


def soap(body: str, header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{_ENVELOPE}" xmlns:rsp="{SHELL}" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def received(streams: str = "", state: str = "Running", exit_code: str = "") -> bytes:
    """A reply to Receive; without a state, what no server sends."""
    told = f'<rsp:CommandState State="{SHELL}/CommandState/{state}">{exit_code}</rsp:CommandState>' if state else ""
    return soap(f"<rsp:ReceiveResponse>{streams}{told}</rsp:ReceiveResponse>")


def stdout(text: str) -> str:
    return f'<rsp:Stream Name="stdout">{text}</rsp:Stream>'


def hang(turn: Turn) -> None:
    turn.wire.wait_until_left()


def hang_up(turn: Turn) -> None:
    turn.wire.hang_up()


def reset(turn: Turn) -> None:
    turn.wire.reset()


def truncated(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nfew")
    turn.wire.hang_up()


def drip_body(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    turn.wire.drip(b"x")


def drip_header(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nX-Header: ")
    turn.wire.drip(b"x")


def huge(turn: Turn) -> None:
    turn.wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {FOUR_GIGABYTES}\r\n\r\n".encode())
    for _ in range(FOUR_GIGABYTES // MEGABYTE):
        turn.wire.send(b"x" * MEGABYTE)


def huge_chunks(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(FOUR_GIGABYTES // MEGABYTE):
        turn.wire.send(b"100000\r\n" + b"x" * MEGABYTE + b"\r\n")


def gzip_bomb(turn: Turn) -> None:
    bomb = gzip.compress(bytes(400 * MEGABYTE), 1)
    turn.wire.reply(200, bomb[: MEGABYTE // 2], "Content-Encoding: gzip", f"Content-Type: {turn.content_type}")


def altered(turn: Turn) -> None:
    """One bit of the ciphertext."""
    body = bytearray(turn.body(turn.honest[1]))
    body[-40] ^= 1
    turn.wire.reply(200, bytes(body), f"Content-Type: {turn.content_type}")


def forged_signature(turn: Turn) -> None:
    body = turn.body(turn.honest[1])
    start = body.index(b"octet-stream\r\n") + len(b"octet-stream\r\n") + 4
    forged = body[:start] + bytes(encryption.SIGNATURE_BYTES) + body[start + encryption.SIGNATURE_BYTES :]
    turn.wire.reply(200, forged, f"Content-Type: {turn.content_type}")


def garbage(turn: Turn) -> None:
    turn.wire.reply(200, b"\xff" * 2000, f"Content-Type: {turn.content_type}")


def answer_and_keep(turn: Turn) -> None:
    status, message = turn.honest
    turn.node.kept = turn.body(message)
    turn.wire.reply(status, turn.node.kept, f"Content-Type: {turn.content_type}")


def replay(turn: Turn) -> None:
    """What was kept is sent again."""
    turn.wire.reply(200, turn.node.kept, f"Content-Type: {turn.content_type}")


def wrong_relation(turn: Turn) -> None:
    """An honest answer, to another request."""
    turn.answer(turn.honest[1].replace(turn.request.message_id.encode(), b"uuid:11111111-2222-3333-4444-555555555555"))


def in_clear(turn: Turn) -> None:
    turn.wire.reply(200, turn.honest[1], f"Content-Type: {wsman.CONTENT_TYPE}")


def fault_in_clear(turn: Turn) -> None:
    turn.wire.reply(500, wsman.fault(wsman.access_denied(), "", "NODE9"), f"Content-Type: {wsman.CONTENT_TYPE}")


def untyped(turn: Turn) -> None:
    turn.wire.reply(200, turn.body(turn.honest[1]))


def saying(text: bytes, status: int = 200) -> Callable[[Turn], None]:
    """An answer of these words in place of SOAP, sealed where the session is."""
    return lambda turn: turn.answer(text, status)


def http(status: int, *headers: str, body: bytes = b"") -> Callable[[Turn], None]:
    """An answer that the web server gives before WinRM sees the request: never sealed."""
    return lambda turn: turn.wire.reply(status, body, *headers)


def fault(code: int, subcode: str = "w:InternalError") -> Callable[[Turn], None]:
    return lambda turn: turn.fault(WSManError(code, subcode, "As the test has it."))


def timed_out(turn: Turn) -> None:
    turn.fault(wsman.timed_out())


def soap_fault(code: str, reason: str) -> Callable[[Turn], None]:
    """A fault as another WS-Management server writes it: without Windows' WSManFault."""
    body = f"<s:Fault><s:Code>{code}</s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason></s:Fault>"
    return saying(soap(body), 500)


def answer_and_close(turn: Turn) -> None:
    status, message = turn.honest
    turn.answer(message, status, "Connection: close")


def in_segments(turn: Turn) -> None:
    status, message = turn.honest
    body = turn.body(message)
    turn.wire.send(f"HTTP/1.1 {status} Status\r\nContent-Type: {turn.content_type}\r\n".encode())
    turn.wire.send(f"Content-Length: {len(body)}\r\n\r\n".encode())
    for start in range(0, len(body), 1000):
        turn.wire.send(body[start : start + 1000])


def reshaped(*changes: tuple[bytes, bytes]) -> Callable[[Turn], None]:
    """Honest answers whose multipart form is another server's; in the Content-Type the same changes are made."""

    def answer(turn: Turn) -> None:
        status, message = turn.honest
        body, content_type = turn.body(message), turn.content_type.encode()
        for old, new in changes:
            body, content_type = body.replace(old, new), content_type.replace(old, new)
        turn.wire.reply(status, body, f"Content-Type: {content_type.decode()}")

    return answer


def silent(wire: Wire) -> None:
    wire.wait_until_left()


def noise(wire: Wire) -> None:
    wire.request()
    wire.send(b"SSH-2.0-OpenSSH_9.2\r\n")


def plain_http(wire: Wire) -> None:
    wire.receive()
    wire.reply(400)


def answering(status: int, *headers: str, body: bytes = b"") -> Callable[[Wire], None]:
    """The same answer to whatever is asked."""

    def serve(wire: Wire) -> None:
        while wire.request():
            wire.reply(status, body, *headers)

    return serve


def _ask_for_password(wire: Wire) -> None:
    """Until a password has come, or NTLM's proof of one."""
    while request := wire.request():
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic" or ntlm.is_proof(token):
            return
        wire.reply(401, b"", f"WWW-Authenticate: NTLM {ntlm.challenge()}" if token else "WWW-Authenticate: NTLM")


def unavailable_for_password(wire: Wire) -> None:
    _ask_for_password(wire)
    wire.reply(503)


def reset_for_password(wire: Wire) -> None:
    _ask_for_password(wire)
    wire.reset()


def flooding_stdout(_: Command) -> Command:
    return lambda *_: Reply(b"x" * STREAM_BYTES)


def flooding_stderr(honest: Command) -> Command:
    def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
        return Reply(honest(command, arguments, stdin).stdout, b"x" * STREAM_BYTES)

    return run


def given(change: Callable[[bytes], bytes]) -> Callable[[Command], Command]:
    """PowerShell with an input that is not what was sent."""

    def wrap(honest: Command) -> Command:
        return lambda command, arguments, stdin: honest(command, arguments, change(stdin))

    return wrap


def one_byte_flipped(stdin: bytes) -> bytes:
    return stdin[:-20] + bytes([stdin[-20] ^ 1]) + stdin[-19:]


def header_alone(stdin: bytes) -> bytes:
    return stdin.split(b"\n")[0]


def not_parsed(_: Command) -> Command:
    return lambda *_: Reply(b"", clixml("Unexpected token '}' in expression or statement."), 1)


def throwing(honest: Command) -> Command:
    """The script ends after its second answer."""

    def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
        lines: Sequence[bytes] = honest(command, arguments, stdin).stdout.splitlines(keepends=True)
        return Reply(b"".join(lines[:2]), clixml("The script was ended."), 1)

    return run
