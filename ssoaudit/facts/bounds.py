"""How much of anything a fact holds, and the kinds of value that several facts have."""

import base64
from typing import Annotated

from pydantic import AfterValidator, Field


def _base64(text: str) -> str:
    base64.b64decode(text, validate=True)
    return text


def _signed(number: int | None) -> int | None:
    return number - (1 << 32) if number is not None and number in range(1 << 31, 1 << 32) else number


ShortText = Annotated[str, Field(max_length=1024)]
"""A name, or text that is only shown. Of such text the reader cuts what is longer; no name is."""

Dword = Annotated[int, Field(ge=0, le=0xFFFF_FFFF)]
"""A 32-bit number without a sign, as the registry's REG_DWORD is."""

Signed = Annotated[int | None, AfterValidator(_signed)]
"""A number that WMI declares unsigned and uses with a sign: 4294967295 is -1. None where there is no such property."""

Base64 = Annotated[str, AfterValidator(_base64)]
"""Bytes, written as base64."""

SecurityDescriptor = Annotated[Base64, Field(max_length=90_000)]
"""A self-relative security descriptor ([MS-DTYP] 2.4.6), owner and discretionary list alone, as base64.

An access control list has at most 64 KiB.
"""
