"""The result file itself: canonical JSON, from which every other report can be drawn again."""

import json
from typing import Any

from ssoaudit.result import Result

SUFFIX = "json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render(result: Result) -> bytes:
    """The result as ASCII JSON with sorted keys: equal results give equal bytes."""
    text = json.dumps(result.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=True)
    return f"{text}\n".encode("ascii")


def schema() -> dict[str, Any]:
    """The JSON Schema of the result file."""
    return {**Result.model_json_schema(), "$schema": _DIALECT, "title": "ssoaudit result"}
