"""WS-Management envelopes: a request read into its parts, replies and faults written."""

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
LONGEST_OPERATION = 60.0
"""Seconds: what a client may ask for at most (MaxTimeoutms of Windows)."""

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": TRANSFER,
    "rsp": SHELL,
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")


class WSManError(Exception):
    """A request that is answered by a fault: Windows' number for it, the SOAP subcode and a sentence."""

    def __init__(self, code: int, subcode: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason


def access_denied() -> WSManError:
    """The account may log on, but not open a shell."""
    return WSManError(5, "w:AccessDenied", "Access is denied.")


def invalid(reason: str) -> WSManError:
    """The envelope is not one of the protocol's (ERROR_WSMAN_SCHEMA_VALIDATION_ERROR)."""
    return WSManError(2150858817, "w:SchemaValidationError", reason)


def too_large(reason: str) -> WSManError:
    """A reply or an input beyond what is agreed (0x80338111)."""
    return WSManError(2150859025, "w:EncodingLimit", reason)


def timed_out() -> WSManError:
    """Nothing to report within the operation's time: not a failure for Receive."""
    return WSManError(2150858793, "w:TimedOut", "The operation had no result within its OperationTimeout.")


def not_found(what: str, identity: str) -> WSManError:
    """No such shell, or no such command in it."""
    return WSManError(2150858843, "w:InvalidSelectors", f"There is no {what} {identity} on this server.")


@dataclass(frozen=True)
class Envelope:
    """A request. `operation_timeout` is in seconds, `max_envelope_size` in bytes; `options` by upper-case name."""

    action: str
    message_id: str
    resource: str
    shell_id: str
    options: Mapping[str, str]
    operation_timeout: float
    max_envelope_size: int
    body: ET.Element


class _Builder(ET.TreeBuilder):
    """Builds the tree of a document without DTD."""

    def doctype(self, *_: str | None) -> None:
        """Refuse the document before anything of the DTD is read."""
        raise invalid("A document type declaration is refused.")


def parse(message: bytes) -> Envelope:
    """Read a request.

    Raises:
        WSManError: not XML, a DTD, no SOAP envelope, or a header field that says nothing sensible.
    """
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - the builder refuses DTDs, HTTP caps the size
    try:
        parser.feed(message)
        root = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise invalid("The request is not well-formed XML.") from None
    header, body = root.find("s:Header", NAMESPACES), root.find("s:Body", NAMESPACES)
    if header is None or body is None:
        raise invalid("The request is not a SOAP 1.2 envelope with header and body.")
    selectors = _named(header, "w:SelectorSet/w:Selector")
    size = _text(header, "w:MaxEnvelopeSize") or "512000"
    if not re.fullmatch(r"[0-9]{1,9}", size):
        raise invalid("MaxEnvelopeSize is not a number of bytes.")
    return Envelope(
        action=_text(header, "a:Action"),
        message_id=_text(header, "a:MessageID"),
        resource=_text(header, "w:ResourceURI"),
        shell_id=selectors.get("SHELLID", ""),
        options=_named(header, "w:OptionSet/w:Option"),
        operation_timeout=_seconds(_text(header, "w:OperationTimeout") or "PT60S"),
        max_envelope_size=int(size),
        body=body,
    )


def reply(request: Envelope, body: str) -> bytes:
    """The reply to `request`, whose body is the XML given, with the prefixes of `NAMESPACES`."""
    return _envelope(f"{request.action}Response", request.message_id, body)


def fault(error: WSManError, message_id: str, machine: str) -> bytes:
    """The fault that answers the request `message_id` (empty if the request could not be read)."""
    reason = escape(error.reason)
    body = (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value>"
        f"<s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason>'
        f'<s:Detail><f:WSManFault Code="{error.code}" Machine="{escape(machine, {chr(34): "&quot;"})}">'
        f"<f:Message>{reason}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope(FAULT_ACTION, message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    relation = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<s:Envelope xml:lang="en-US" {_DECLARATIONS}><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{_ANONYMOUS}</a:To>{relation}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _text(parent: ET.Element, path: str) -> str:
    return (parent.findtext(path, "", NAMESPACES) or "").strip()


def _named(parent: ET.Element, path: str) -> dict[str, str]:
    return {node.get("Name", "").upper(): node.text or "" for node in parent.findall(path, NAMESPACES)}


def _seconds(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    if not match:
        raise invalid("OperationTimeout is not a duration.")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return min(days * 86_400 + hours * 3_600 + minutes * 60 + seconds, LONGEST_OPERATION)
