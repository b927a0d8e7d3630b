"""The proof that the C# in the node script only reads: it is made of allowed words, and imports six functions."""

import re
from collections.abc import Iterator, Mapping

OPEN = "LsaOpenPolicy(IntPtr.Zero, ref attributes, 0x801, out policy)"
"""The one way to open the policy: POLICY_VIEW_LOCAL_INFORMATION (0x1) and POLICY_LOOKUP_NAMES (0x800)."""

IMPORTS: Mapping[str, str] = {
    "LsaOpenPolicy": (
        '[DllImport("advapi32.dll")] static extern uint LsaOpenPolicy'
        "(IntPtr system, ref LsaAttributes attributes, uint access, out IntPtr policy);"
    ),
    "LsaEnumerateAccountsWithUserRight": (
        '[DllImport("advapi32.dll")] static extern uint LsaEnumerateAccountsWithUserRight'
        "(IntPtr policy, ref LsaString right, out IntPtr buffer, out uint count);"
    ),
    "LsaFreeMemory": '[DllImport("advapi32.dll")] static extern uint LsaFreeMemory(IntPtr buffer);',
    "LsaClose": '[DllImport("advapi32.dll")] static extern uint LsaClose(IntPtr policy);',
    "LsaNtStatusToWinError": ('[DllImport("advapi32.dll")] static extern int LsaNtStatusToWinError(uint status);'),
    "LookupAccountSidW": (
        '[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)] '
        "static extern bool LookupAccountSidW(string system, byte[] sid, StringBuilder name, ref uint nameLength, "
        "StringBuilder domain, ref uint domainLength, out int use);"
    ),
}
"""The functions of Windows that are called, and their declarations to the letter."""

# Without the words that would lead elsewhere: no extern (but in the imports), unsafe, dynamic or delegate.
LANGUAGE = frozenset(
    {
        "byte",
        "class",
        "finally",
        "for",
        "if",
        "int",
        "new",
        "null",
        "out",
        "public",
        "ref",
        "return",
        "static",
        "string",
        "struct",
        "throw",
        "try",
        "typeof",
        "uint",
        "ushort",
        "using",
        "void",
    }
)
LIBRARY = frozenset(
    {
        "BinaryLength",
        "ComponentModel",
        "FreeHGlobal",
        "GetBinaryForm",
        "GetLastWin32Error",
        "IntPtr",
        "InteropServices",
        "LayoutKind",
        "Length",
        "Marshal",
        "Principal",
        "ReadIntPtr",
        "Runtime",
        "Security",
        "SecurityIdentifier",
        "Sequential",
        "Size",
        "SizeOf",
        "StringBuilder",
        "StringToHGlobalUni",
        "StructLayout",
        "System",
        "Text",
        "Value",
        "Win32Exception",
        "Zero",
    }
)
OWN = frozenset(
    {
        "Attributes",
        "Buffer",
        "Check",
        "Descriptor",
        "Holders",
        "Kind",
        "LsaAttributes",
        "LsaString",
        "MaximumLength",
        "Name",
        "Quality",
        "Root",
        "SsoAuditLsa",
        "attributes",
        "buffer",
        "bytes",
        "count",
        "domain",
        "domainLength",
        "holders",
        "i",
        "identifier",
        "name",
        "nameLength",
        "policy",
        "right",
        "sid",
        "status",
        "text",
        "use",
    }
)
NUMBERS = frozenset(
    {
        "0",
        "0x8000001A",
        "0x801",
        "1024",
        "2",
    }
)

_TOKEN = re.compile(r'//[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|\d\w*|[-+*/<>=!&|]+|[\[\](){}.,;]|\s+|.', re.DOTALL)
_PUNCTUATION = re.compile(r"[\[\](){}.,;]|[*+<=]|\+\+|==|!=")


def violations(source: str) -> list[str]:
    """What in the C# is not on the allow-list; empty for code that only reads."""
    code = _code(source)
    for declaration in IMPORTS.values():
        code = code.replace(_code(declaration), "", 1)
    opened = code.split().count("LsaOpenPolicy")
    elsewise = opened != 1 or code.count(f" {_code(OPEN)} ") != 1
    return [*(["the policy is opened otherwise than to look"] if elsewise else []), *_words(code)]


def _code(source: str) -> str:
    """The tokens, one blank between them, without comments."""
    tokens = _TOKEN.findall(source)
    return " ".join(token for token in tokens if not token.isspace() and not token.startswith("//"))


def _words(code: str) -> Iterator[str]:
    allowed = LANGUAGE | LIBRARY | OWN | NUMBERS | IMPORTS.keys()
    for token in code.split():
        if token not in allowed and not _PUNCTUATION.fullmatch(token):
            yield f"C#: {token}"
