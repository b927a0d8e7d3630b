"""Documents that operators write: YAML in, frozen models out, or every problem with its file, line and column.

Scalars follow the core schema of YAML 1.2: `no` and `2024-01-01` are text, `true` is a truth value, `1e3` a number.
Models are validated strictly, so nothing is converted behind the operator's back.
"""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ssoaudit.documents.explanation import Explanation
from ssoaudit.documents.file import read_bytes, read_text
from ssoaudit.documents.problem import DocumentError, Flaw, FlawError, Problem
from ssoaudit.documents.text import did_you_mean, invisible, names_password, visible, visible_lines, visible_path
from ssoaudit.documents.tree import CREDENTIAL_HINT, Composer, events

M = TypeVar("M", bound=BaseModel)

__all__ = [
    "CREDENTIAL_HINT",
    "DocumentError",
    "Flaw",
    "FlawError",
    "Problem",
    "did_you_mean",
    "invisible",
    "load",
    "names_password",
    "parse",
    "read_bytes",
    "read_text",
    "visible",
    "visible_lines",
    "visible_path",
]


def load(path: Path, model: type[M], context: object = None) -> M:
    """The YAML document in that file as `model`, whose validators see `context`.

    Raises `DocumentError` if it is anything else.
    """
    return parse(read_text(path), path, model, context)


def parse(text: str, path: Path, model: type[M], context: object = None) -> M:
    """The YAML text as `model`; `path` names it in errors. Raises `DocumentError`."""
    composer = Composer(path, events(text, path))
    root = composer.document()
    problems = composer.problems
    try:
        result = model.model_validate_json(json.dumps(root.plain()), strict=True, context=context)
    except ValidationError as error:
        known = {(problem.line, problem.column) for problem in problems}
        explained = Explanation(path, root, model).problems(error.errors(include_url=False))
        problems = [*problems, *(problem for problem in explained if (problem.line, problem.column) not in known)]
    if problems:
        raise DocumentError(*sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))) from None
    return result
