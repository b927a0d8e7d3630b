"""The report for a browser: one file that asks nobody for anything, and says everything without a script."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ssoaudit.reports import words
from ssoaudit.reports.html import view
from ssoaudit.reports.visible import LIMIT, segments, visible
from ssoaudit.result import Result
from ssoaudit.vocabulary import State

SUFFIX = "html"

_RUNNING_TEXT = re.compile(r"[A-Za-z0-9 .:_-]{1,80}")
_LONGEST_ATTRIBUTE = 120


def render(result: Result) -> bytes:
    """The result as a self-contained HTML page: equal results give equal bytes."""
    css = _source("report.css") + _running_footer(result)
    js = _source("report.js")
    page = _environment().get_template("report.html.j2")
    text = page.render(page=view.build(result), css=css, js=js, css_hash=_csp_hash(css), js_hash=_csp_hash(js))
    return text.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"txt": txt, "plain": plain, "count": words.count}
    environment.globals |= {"STATE": words.STATE, "UNKNOWN": State.NOT_VERIFIED}
    return environment


def txt(text: str, limit: int = LIMIT, keep: str = "") -> Markup:
    """A text from outside as HTML: escaped, cut, and every character that hides or steers shown as a chip."""
    return Markup("").join(
        Markup('<span class="chip">{}</span>').format(segment.text) if segment.marked else segment.text
        for segment in segments(text, limit=limit, keep=keep)
    )


def plain(text: str) -> str:
    """A text from outside for an attribute or the title."""
    return visible(text, limit=_LONGEST_ATTRIBUTE)


@cache
def _source(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _running_footer(result: Result) -> str:
    """The foot of every printed page. What was not made by this tool stays out of the style sheet."""
    parts = [f"ssoaudit {result.version}", f"run {result.run.id}", result.verdict.value]
    text = " · ".join(part for part in parts if _RUNNING_TEXT.fullmatch(part))
    return f'@page {{ @bottom-left {{ content: "{text}"; font: 8pt "Segoe UI", sans-serif; color: #3d454e; }} }}\n'
