"""NTLM's messages, as far as a server needs them that knows no password."""

import base64

STRONG = 0x62888235  # KEY_EXCH, 128, VERSION, TARGET_INFO, ESS, ALWAYS_SIGN, NTLM, SEAL, SIGN, REQUEST_TARGET, UNICODE

_PROOF = b"NTLMSSP\0\3"


def challenge(flags: int = STRONG) -> str:
    """A challenge with flags of the server's choice: no names, no target information but its end."""
    info = b"\0\0\0\0"
    fields = b"NTLMSSP\0" + (2).to_bytes(4, "little") + bytes(4) + (56).to_bytes(4, "little")
    fields += flags.to_bytes(4, "little") + b"\1\2\3\4\5\6\7\x08" + bytes(8)
    fields += len(info).to_bytes(2, "little") * 2 + (56).to_bytes(4, "little") + bytes(8)
    return base64.b64encode(fields + info).decode()


def is_proof(token: str) -> bool:
    """Whether this is the third message, with which a password can be told right or wrong."""
    return base64.b64decode(token).startswith(_PROOF)
