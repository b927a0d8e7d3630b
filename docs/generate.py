"""Writes the pages of docs/ that repeat what the code says; with `--check` it only tells which are out of date."""

import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path

import click

from docs import read_only
from ssoaudit import pilot
from ssoaudit.cli import cli
from ssoaudit.cli.catalogue import topics_of
from ssoaudit.cli.failures import variables
from ssoaudit.cli.schema import SCHEMAS, text_of
from ssoaudit.collect.sql.catalogue import TOPICS as SQL_TOPICS
from ssoaudit.evidence import Read, Reading
from ssoaudit.exitcodes import ExitCode
from ssoaudit.facts import PILOT_TOPICS, TOPICS, Fact, SqlFact
from ssoaudit.facts.fact import Part, Scope
from ssoaudit.pilot import PilotBundle
from ssoaudit.profiles import PROFILES
from ssoaudit.registry import Registered, find_checks
from ssoaudit.vocabulary import ClusterRole, Profile, Target

DOCS = Path(__file__).parent
GOLDEN = DOCS.parent / "tests" / "golden" / "bundles"
ALL_TOPICS = (*TOPICS, *PILOT_TOPICS, *SQL_TOPICS)
GENERATED = "<!-- Written by `make docs` from the code; do not edit. -->"

TARGETS = {
    Target.ESTATE: "the estate as a whole",
    Target.CLUSTER: "the cluster",
    Target.SERVER: "every SSO server",
    Target.NODE: "every cluster node",
    Target.MASTER: "every server meant to hold the master secret",
    Target.BIZTALK_SERVER: "every BizTalk server",
    Target.MACHINE: "every machine",
    Target.DATABASE: "SSODB",
    Target.MANAGEMENT_DATABASE: "the BizTalk management database",
}
SCOPES = {
    Scope.SERVER: "the server",
    Scope.CLUSTER: "the cluster, as the asked node sees it",
    Scope.SSODB: "SSODB",
    Scope.BIZTALK_DATABASE: "the BizTalk management database",
    Scope.SQL_SERVER: "the SQL Server",
}


def pages() -> dict[str, str]:
    """Every generated file, by its path below docs/."""
    return {
        "checks.md": _page("Checks", _checks()),
        "cli.md": _page("Commands", _commands()),
        "exit-codes.md": _page("Exit codes", _exit_codes()),
        "read-only.md": read_only.page(),
        "topics.md": _page("Topics", _topics()),
        "verified-on.md": _page("Verified on", _verified_on(golden_bundles())),
        **{f"schemas/{kind}.schema.json": text_of(kind) for kind in SCHEMAS},
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages that are out of date, or tell which are."""
    stale = {name: text for name, text in pages().items() if _read(DOCS / name) != text}
    if arguments == ["--check"]:
        for name in stale:
            sys.stderr.write(f"docs/{name} is out of date: run make docs\n")
        return 1 if stale else 0
    for name, text in stale.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"docs/{name}\n")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _page(title: str, blocks: Iterable[str]) -> str:
    return "\n\n".join((GENERATED, f"# {title}", *blocks)) + "\n"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _checks() -> Iterator[str]:
    yield (
        "What `ssoaudit` asks of an estate. `ssoaudit checks show ID` prints the same. A check whose facts could not "
        "be read is *not verified*, never passed; one whose requirement did not pass is not asked."
    )
    yield (
        "The *severity* is compared with the gate of the profile. From the gate on a failure is NOT READY, below it a "
        "warning:"
    )
    yield _table(
        ("Profile", "Gate", "Evidence is relied on for"),
        [(rules.name.value, rules.gate.value, f"{rules.lifetime_hours} hours") for rules in PROFILES.values()],
    )
    yield (
        "The *stage* is the inventory's: a check is asked from that stage on. The *proof grade* tells how well the "
        "rule is proved: `confirmed` by the vendor's documentation, or `inferred` from it."
    )
    for area, found in groupby(find_checks().checks, key=lambda registered: registered.id.partition(".")[0]):
        yield from _area(area, tuple(found))


def _area(area: str, checks: Sequence[Registered]) -> Iterator[str]:
    yield f"## {area}"
    yield inspect.getdoc(import_module(f"ssoaudit.checks.{area}")) or ""
    yield _table(
        ("Check", "Severity", "What it makes sure"),
        [(_link(each.id), each.check.severity.value, each.check.title) for each in checks],
    )
    for registered in checks:
        yield from _check(registered)


def _check(registered: Registered) -> Iterator[str]:
    check = registered.check
    yield f"### {registered.id}"
    yield f"**{check.title}.** {check.description}"
    profiles = [profile.value for profile in Profile if profile in check.profiles]
    roles = [role.value for role in ClusterRole if role in check.cluster_roles]
    rows = [
        ("Severity", check.severity.value),
        ("Asked of", TARGETS[check.each]),
        ("Profiles", "all" if len(profiles) == len(Profile) else ", ".join(profiles)),
        ("From stage", check.stage.value),
        ("Cluster role", "any" if len(roles) == len(ClusterRole) else ", ".join(roles)),
        ("Requires", ", ".join(_link(required) for required in check.requires) or "nothing"),
        ("Reads", ", ".join(f"[{topic}](topics.md#{topic})" for topic in topics_of(registered)) or "the inventory"),
        ("Proof grade", check.grade.value),
    ]
    if check.aliases:
        rows.append(("Once called", ", ".join(check.aliases)))
    yield _table(("", ""), rows)
    if check.references:
        yield "\n".join(f"- <{reference}>" for reference in check.references)


def _link(check_id: str) -> str:
    return f"[{check_id}](#{check_id.replace('.', '')})"


def _commands() -> Iterator[str]:
    yield (
        "Results go to stdout; progress, warnings and the log to stderr. [Exit codes](exit-codes.md) tell the verdict. "
        "`python -m ssoaudit` is the same program."
    )
    yield (
        "An option is taken from the command line, else from its variable, else from the configuration file: "
        "`ssoaudit.toml`, or the table `[tool.ssoaudit]` of `pyproject.toml`, in the current directory, or the file "
        "that `--config` names. There the program's own options stand at the top and a command's in its table. Values "
        "of an option that may be repeated are separated by spaces in a variable, and a list in the file."
    )
    yield '```toml\nlog-file = "ssoaudit.jsonl"\n\n[run]\nprofile = "compliance"\nworkers = 16\n```'
    yield (
        "There is no option, variable of an option, or key for a password. It is looked for in the keyring "
        "(`keyring set ssoaudit ACCOUNT`; needs the extra `keyring`), then in `SSOAUDIT_PASSWORD`, and then asked for. "
        "Where all servers are set to `auth: kerberos`, whose ticket counts, or to `auth: certificate`, no password is "
        "asked for. A SQL login that the inventory's `sql.user` or `biztalk.user` names has a password of its own: "
        "from the keyring (service `ssoaudit-sql`), from `SSOAUDIT_SQL_PASSWORD` for `sql.user` and "
        "`SSOAUDIT_BIZTALK_PASSWORD` for a `biztalk.user` that is another, or from the prompt; without a login the "
        "Windows identity counts."
    )
    yield (
        "`evidence.json`, `result.json` and `report.html` hold the same facts about the estate, and only you can read "
        "them (mode 0600; on Windows the folder's access list decides); so it is with what `--output` names. Each is "
        "written whole or not at all, and never over a file that the command reads."
    )
    yield (
        "`--log-file` adds JSON lines to a file that only you can read: `time`, `level`, `logger`, `run` and "
        "`message`; `target`, `stage` and `details` where something could not be read; `traceback` where something "
        "broke. Passwords are taken out."
    )
    yield (
        'Completion: `eval "$(_SSOAUDIT_COMPLETE=bash_source ssoaudit)"`; `zsh_source` and `fish_source` likewise. '
        "`NO_COLOR` turns colours off."
    )
    yield from _command(cli, click.Context(cli, info_name="ssoaudit", **cli.context_settings))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"## {context.command_path}"
    yield f"```\n{context.command_path} {pieces}\n```"
    yield inspect.cleandoc(command.help or "")
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [_option(option, context) for option in options if option.name != "version"]
    if rows:
        yield _table(("Option", "Variable", "Default", "Meaning"), rows)
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _command(below, click.Context(below, info_name=name, parent=context))


def _option(option: click.Option, context: click.Context) -> tuple[str, str, str, str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    value = "" if option.count else f" {_value(option)}"
    known = ", ".join(f"`{name}`" for name in variables(context, option))
    default = f"`{option.default}`" if option.show_default else ""
    return names + value, known, default, option.help or ""


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return ", ".join(f"`{choice}`" for choice in option.type.choices)
    return option.metavar or option.type.name.upper()


def _exit_codes() -> Iterator[str]:
    yield "One list for all commands. A script that acts on READY alone acts on 0 alone."
    yield _table(("Code", "Meaning"), [(str(code.value), code.meaning) for code in ExitCode])
    yield (
        "`collect` ends with 0 if every server answered, 3 if some did and 4 if none did. Where a file could not be "
        "written, the code is 2 although a verdict was shown; the message tells which files were written."
    )


def _topics() -> Iterator[str]:
    yield (
        "What is read: a reader is a PowerShell function that runs on the Windows machine, over WinRM, or a SELECT "
        "that is sent to the database. How they are kept read-only stands in [read-only.md](read-only.md). A topic "
        "that could not be read stands in the evidence with its reason, and every check that needs it is not verified. "
        "`ssoaudit topics` prints what is read, with which right, and what it cannot tell."
    )
    yield _table(
        ("Topic", "Tells of", "Reader", "Checks"),
        [
            (
                f"[{topic.topic}](#{topic.topic})",
                SCOPES[topic.scope],
                f"[{_reader(topic)}](../ssoaudit/facts/{_reader(topic)})",
                ", ".join(_used_by(topic)) or "no check by itself",
            )
            for topic in ALL_TOPICS
        ],
    )
    for topic in ALL_TOPICS:
        yield f"## {topic.topic}"
        yield inspect.getdoc(topic) or ""
        yield _table(
            ("", ""),
            [("Reads", topic.source), ("Needs", topic.privilege), ("Does not see", topic.unseen)],
        )
        yield _table(("Field", "Type"), _fields(topic))
        for part in _parts(topic):
            yield f"`{part.__name__}`: {inspect.getdoc(part)}"
            yield _table(("Field", "Type"), _fields(part))


def golden_bundles() -> dict[str, PilotBundle]:
    """The bundles of real sites, by the name of their file."""
    paths = sorted(GOLDEN.glob("*.json"))
    return {path.stem: pilot.load(path) for path in paths if path.name != "expected.json"}


def _verified_on(bundles: Mapping[str, PilotBundle]) -> Iterator[str]:
    yield (
        "On which real systems ssoaudit was seen to work, from the bundles that [the pilot kit](pilot.md) made there "
        "and whose owners have published them."
    )
    if not bundles:
        yield (
            "**None yet.** Everything is tested against the protocols, against documented answers and against the lab "
            "of the tests; nothing of it has been seen on Windows, SQL Server or Enterprise SSO. What is not known for "
            "that reason stands in [the pilot kit's questions](pilot.md#questions-that-it-answers)."
        )
        return
    yield _table(
        ("Bundle", "Collected", "Version", "Servers", "PowerShell", "Windows build", "Enterprise SSO", "SQL Server"),
        [(name, *_seen(bundle)) for name, bundle in bundles.items()],
    )


def _seen(bundle: PilotBundle) -> tuple[str, ...]:
    evidence = bundle.evidence
    answers = [reading for server in evidence.servers for reading in server.topics.items()]
    tests = [reading for run in bundle.self_tests for reading in run.topics.items()]
    rows = evidence.ssodb.topics.items() if evidence.ssodb else ()
    return (
        f"{bundle.run.finished:%Y-%m-%d}",
        bundle.run.version,
        str(len(evidence.servers)),
        _values(answers, "env", "powershell_version"),
        _values(tests, "self_test", "build"),
        _values(answers, "entsso_registry", "product_version"),
        _values(rows, "sql_server", "product_version"),
    )


def _values(readings: Iterable[tuple[str, Reading]], topic: str, name: str) -> str:
    """What the readings of a topic say in a field, of the first row where there are rows; each value once."""
    data = [reading.data for said, reading in readings if said == topic and isinstance(reading, Read)]
    first = [each["rows"][0] if each.get("rows") else each for each in data]
    return ", ".join(sorted({str(each[name]) for each in first if each.get(name)})) or "not told"


def _reader(topic: type[Fact]) -> str:
    return f"{topic.topic}.{'sql' if issubclass(topic, SqlFact) else 'ps1'}"


def _used_by(topic: type[Fact]) -> list[str]:
    return [
        f"[{each.id}](checks.md#{each.id.replace('.', '')})"
        for each in find_checks().checks
        if topic.topic in topics_of(each)
    ]


def _fields(model: type[Part]) -> list[tuple[str, str]]:
    schema = model.model_json_schema()
    return [(f"`{name}`", _type(shape)) for name, shape in schema["properties"].items()]


def _type(shape: Mapping[str, object]) -> str:
    """A JSON Schema's type in words."""
    reference, choices, members = shape.get("$ref"), shape.get("anyOf"), shape.get("items")
    if isinstance(reference, str):
        return f"`{reference.rsplit('/', 1)[-1]}`"
    if isinstance(choices, list):
        return " or ".join(_type(choice) for choice in choices)
    if isinstance(members, Mapping):
        return f"list of {_type(members)}"
    return {"null": "none"}.get(str(shape.get("type")), str(shape.get("format") or shape.get("type")))


def _parts(topic: type[Fact]) -> list[type[Part]]:
    """The models that a topic's fields are made of, in the modules that define it."""
    modules = dict.fromkeys(parent.__module__ for parent in topic.__mro__ if issubclass(parent, Fact))
    named = json.dumps(topic.model_json_schema())
    return [
        part
        for module in modules
        for part in vars(sys.modules[module]).values()
        if inspect.isclass(part)
        and issubclass(part, Part)
        and not issubclass(part, Fact)
        and part.__module__ == module
        and f'"{part.__name__}"' in named
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
