"""Pseudonyms for a bundle that leaves the site: who it is about is replaced, what is judged stays."""

from ssoaudit.redact import mapping_file
from ssoaudit.redact.document import redact
from ssoaudit.redact.pseudonyms import Pseudonyms, TooManyError

__all__ = ["Pseudonyms", "TooManyError", "mapping_file", "redact"]
