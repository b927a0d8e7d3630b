"""Which answer belongs to which request."""

import re
import xml.etree.ElementTree as ET

from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from ssoaudit.collect.winrm.classify import RefusedError

_ENVELOPE = "{http://www.w3.org/2003/05/soap-envelope}Envelope"
_RELATES_TO = "{*}Header/{http://schemas.xmlsoap.org/ws/2004/08/addressing}RelatesTo"
_MESSAGE_ID = re.compile(r"<a:MessageID>([^<]*)</a:MessageID>")


class CheckedProtocol(Protocol):
    """pywinrm's protocol, which by itself takes any XML for an answer and waits on for what is not in it."""

    answered = False
    """Whether SOAP has come back: so whoever answers speaks WS-Management, and took the credentials.

    Neither a status nor a finished handshake tells that: any web server may say 200.
    """

    def send_message(self, message: str) -> bytes:
        """The SOAP that answers this message.

        Raises:
            RefusedError: `protocol`: no SOAP, a fault that is none, or the answer to another message. One that names
                no message is taken.
            Exception: What pywinrm raises for faults, and the transport.
        """
        try:
            reply = super().send_message(message)
        except (WSManFaultError, WinRMOperationTimeoutError):
            self.answered = True
            raise
        except ValueError as error:
            if isinstance(error.__context__, WinRMTransportError):
                raise RefusedError("protocol", "a fault whose code is no number") from None
            raise
        root = ET.fromstring(reply)  # noqa: S314 - screened by the transport
        if root.tag != _ENVELOPE:
            raise RefusedError("protocol", "no SOAP envelope")
        self.answered = True
        sent, related = _MESSAGE_ID.search(message), root.findtext(_RELATES_TO)
        if sent and related and related.strip().casefold() != sent[1].casefold():
            raise RefusedError("protocol", "the answer to another request")
        return reply
