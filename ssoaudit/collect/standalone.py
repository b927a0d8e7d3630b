"""The stand-alone script: the node script in a wrapper that writes what it prints to a file, for a site to sign.

It is read by people and signed as a whole, so the node script stands in it as code, to the letter, and what is asked
for both as text and as the Base64 that is used.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ssoaudit.collect import script
from ssoaudit.collect.parameters import ParameterError, checked
from ssoaudit.documents import DocumentError, Problem, read_bytes

MAXIMUM_BYTES = 4 * 1024 * 1024

_PLACE = re.compile(r"@(ASKED|PARAMETERS|SHA256|SCRIPT)@")
_NODE_SCRIPT = re.compile(r"\n# ssoaudit node script: begin\n(.*)\n# ssoaudit node script: end\n", re.DOTALL)
_PARAMETERS = re.compile(r"\n\$Parameters = '([A-Za-z0-9+/=]*)'\n")
_SIGNATURE = re.compile(
    r"\n# SIG # Begin signature block\n(?:# [A-Za-z0-9+/=]{1,100}\n){1,10000}# SIG # End signature block\n*\Z"
)
"""What `Set-AuthenticodeSignature` puts at the end: comments alone, so that nothing in it can be code."""

_AGAIN = "make it again with ssoaudit collector -o"


def wrapper() -> str:
    """The wrapper as a template, LF only."""
    return files("ssoaudit.collect").joinpath("standalone.ps1").read_text(encoding="ascii").replace("\r\n", "\n")


def standalone(parameters: Mapping[str, object]) -> bytes:
    """The script for these parameters: ASCII with CRLF, the same bytes for the same parameters."""
    asked = json.dumps(parameters, ensure_ascii=True)
    parts = {
        "ASKED": asked,
        "PARAMETERS": base64.b64encode(asked.encode("ascii")).decode("ascii"),
        "SHA256": script.sha256(),
        "SCRIPT": script.script(),
    }
    text = _PLACE.sub(lambda place: parts[place[1]], wrapper())
    return text.replace("\n", "\r\n").encode("ascii")


def is_signed(data: bytes) -> bool:
    """Whether a signature block stands at the end; whose it is only Windows can tell."""
    return _SIGNATURE.search(data.decode("ascii", "replace").replace("\r\n", "\n")) is not None


def verify(path: Path) -> bool:
    """Compare a stand-alone script with what this version writes; whether it is signed.

    The node script's hash is taken from the file itself. Raises `DocumentError` where anything but the parameters and
    a signature differs.
    """
    data = read_bytes(path, MAXIMUM_BYTES)
    text = data.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").replace("\r\n", "\n")
    unsigned = _SIGNATURE.sub("\n", text)
    node_script, encoded = _NODE_SCRIPT.search(unsigned), _PARAMETERS.search(unsigned)
    if node_script is None or encoded is None:
        raise DocumentError(Problem(path, "this is no stand-alone script of ssoaudit", _AGAIN))
    digest = hashlib.sha256(node_script[1].encode("ascii", "replace")).hexdigest()
    if digest != script.sha256():
        message = f"the node script in it has the SHA-256 {digest}, this version's has {script.sha256()}"
        raise DocumentError(Problem(path, message, f"use the version that wrote it, or {_AGAIN}"))
    try:
        parameters = decoded(encoded[1])
    except ParameterError as error:
        raise DocumentError(Problem(path, str(error), _AGAIN)) from None
    if standalone(parameters).decode("ascii").replace("\r\n", "\n").rstrip("\n") != unsigned.rstrip("\n"):
        message = "the node script in it is whole, but what stands around it was changed"
        raise DocumentError(Problem(path, message, _AGAIN))
    return is_signed(data)


def decoded(encoded: str) -> dict[str, object]:
    """The parameters in Base64, as a stand-alone script and its file hold them. Raises `ParameterError`."""
    try:
        return checked(json.loads(base64.b64decode(encoded, validate=True)))
    except ParameterError:
        raise
    except (binascii.Error, ValueError, RecursionError):
        raise ParameterError("the parameters are not Base64 of JSON") from None
