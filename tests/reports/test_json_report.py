import json

from ssoaudit.reports import json as report
from ssoaudit.result import Result
from tests.reports import estates


def test_the_file_gives_the_result_back() -> None:
    result = estates.not_ready()
    assert Result.model_validate_json(report.render(result)) == result


def test_the_bytes_are_canonical() -> None:
    data = report.render(estates.not_ready())
    parsed = json.loads(data)
    assert data == json.dumps(parsed, indent=2, sort_keys=True).encode() + b"\n"
    assert data == report.render(estates.not_ready())
    assert data.isascii()


def test_the_schema_describes_the_file() -> None:
    schema = report.schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "ssoaudit result"
    assert set(schema["required"]) == set(json.loads(report.render(estates.not_ready())))
    assert schema["additionalProperties"] is False
