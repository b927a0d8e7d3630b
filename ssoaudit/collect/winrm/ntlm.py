"""What NTLM agreed on."""

import spnego

from ssoaudit.collect.winrm.classify import RefusedError

# MS-NLMP 2.2.2.5: SIGN, SEAL, EXTENDED_SESSIONSECURITY, 128, KEY_EXCH. Who alters the challenge can leave them out,
# and a client that takes that seals its messages under 40 bits.
_STRONG = 0x00000010 | 0x00000020 | 0x00080000 | 0x20000000 | 0x40000000


def require_strength(context: spnego.ContextProxy) -> None:
    """Go on only if messages are signed and sealed with 128 bits. Raises `RefusedError`: `auth-weak`."""
    if context._context_attr & _STRONG != _STRONG:  # noqa: SLF001 - watched by a contract test
        raise RefusedError("auth-weak")
