"""One client of a SQL Server of the lab, from its first packet to its last."""

import hmac
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ssoaudit.credentials import Secret
from ssoaudit.lab.tds import login, prelogin, tokens
from ssoaudit.lab.tds.answers import Refusal
from ssoaudit.lab.tds.catalogue import Catalogue
from ssoaudit.lab.tds.conversation import Conversation
from ssoaudit.lab.tds.login import TDS_7_4, TDS_8_0, Login
from ssoaudit.lab.tds.packets import DEFAULT_SIZE, Message, PacketType, packets, read_message
from ssoaudit.lab.tds.payload import MalformedError
from ssoaudit.lab.tds.prelogin import Encryption, Policy
from ssoaudit.lab.tds.session import Session
from ssoaudit.lab.tds.tokens import Change
from ssoaudit.lab.tds.types import COLLATION
from ssoaudit.lab.tds.wire import Wire

_LANGUAGE = "us_english"
_UNTRUSTED = Refusal(
    18452, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication."
)


@dataclass(frozen=True)
class Terms:
    """What a server lets in, and under which name it answers; `others` are its databases beside the usual one."""

    server: str
    user: str
    password: Secret
    database: str
    policy: Policy
    ssl_context: ssl.SSLContext | None
    refusals: tuple[Refusal, ...] = ()
    others: Mapping[str, Catalogue] = field(default_factory=dict)

    def database_of(self, request: Login) -> str | None:
        """The database that a login opens, as the server spells it; None where there is none of that name."""
        names = {name.casefold(): name for name in (self.database, *self.others)}
        return names.get(request.database.casefold()) if request.database else self.database


async def serve(wire: Wire, terms: Terms, catalogue: Catalogue, enter: Callable[[Session | None], None]) -> None:
    """Serve a client until it leaves; `enter` is told its session, or None where the login is refused.

    Raises:
        MalformedError: it sent what is no TDS.
        asyncio.IncompleteReadError: it is gone.
        ssl.SSLError: it did not come to terms about TLS, or broke it.
    """
    encryption = await _agree(wire, terms)
    request = login.parse((await _expect(wire, PacketType.LOGIN7)).data)
    if encryption == Encryption.OFF:
        wire.stop_tls()
    refusals, database = _refusals(request, terms), terms.database_of(request)
    if refusals or database is None:
        enter(None)
        told = b"".join(tokens.error(refusal, terms.server) for refusal in refusals)
        await _send(wire, told + tokens.done(error=True))
        return
    session = Session(
        user=request.user,
        app=request.app,
        host=request.host,
        database=database,
        read_only_intent=request.read_only_intent,
        encrypted=terms.policy == "strict" or encryption in {Encryption.ON, Encryption.REQUIRED},
    )
    enter(session)
    await _send(wire, _welcome(request, terms, database))
    conversation = Conversation(session, terms.others.get(database, catalogue), terms.server)
    while not conversation.is_over:
        await _send(wire, conversation.answer(await read_message(wire)), request.packet_size)


async def _agree(wire: Wire, terms: Terms) -> Encryption:
    if terms.policy == "strict" and terms.ssl_context:
        await wire.start_tls(terms.ssl_context, in_packets=False)
    requested = prelogin.requested_encryption((await _expect(wire, PacketType.PRELOGIN)).data)
    agreed = prelogin.agreed_encryption(terms.policy, requested)
    await _send(wire, prelogin.response(agreed))
    if agreed != Encryption.NOT_SUPPORTED:
        if not terms.ssl_context or requested == Encryption.NOT_SUPPORTED:
            raise MalformedError("The client has no TLS, which the server requires.")
        await wire.start_tls(terms.ssl_context)
    return agreed


async def _expect(wire: Wire, kind: PacketType) -> Message:
    message = await read_message(wire)
    if message.type != kind:
        raise MalformedError(f"{kind.name} is due.")
    return message


async def _send(wire: Wire, data: bytes, size: int = DEFAULT_SIZE) -> None:
    for packet in packets(PacketType.TABULAR_RESULT, data, size):
        await wire.write(packet)


def _refusals(request: Login, terms: Terms) -> tuple[Refusal, ...]:
    if terms.refusals:
        return terms.refusals
    if request.integrated:
        return (_UNTRUSTED,)
    failed = Refusal(18456, f"Login failed for user '{request.user}'.")
    password = request.password.reveal().encode(), terms.password.reveal().encode()
    if request.user.casefold() != terms.user.casefold() or not hmac.compare_digest(*password):
        return (failed,)
    if terms.database_of(request) is None:
        sentence = f'Cannot open database "{request.database}" requested by the login. The login failed.'
        return Refusal(4060, sentence, severity=11), failed
    return ()


def _welcome(request: Login, terms: Terms, database: str) -> bytes:
    return b"".join(
        (
            tokens.changed(Change.DATABASE, database, "master"),
            tokens.info(5701, f"Changed database context to '{database}'.", terms.server),
            tokens.changed_bytes(Change.COLLATION, COLLATION),
            tokens.changed(Change.LANGUAGE, _LANGUAGE, ""),
            tokens.info(5703, f"Changed language setting to {_LANGUAGE}.", terms.server),
            tokens.login_acknowledged(TDS_8_0 if terms.policy == "strict" else TDS_7_4),
            tokens.changed(Change.PACKET_SIZE, str(request.packet_size), str(DEFAULT_SIZE)),
            tokens.done(),
        )
    )
