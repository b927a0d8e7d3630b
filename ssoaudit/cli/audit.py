"""The commands that collect and judge: demo, run, collect, evaluate."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ssoaudit import evidence as evidence_file
from ssoaudit import record
from ssoaudit.cli import options
from ssoaudit.cli.collecting import (
    Estate,
    Manner,
    SqlCredentials,
    answered,
    credential,
    estate_of,
    read_estate,
    sql_credentials,
)
from ssoaudit.cli.command import Command
from ssoaudit.cli.judging import Question, judge, save_and_judge
from ssoaudit.cli.outputs import EVIDENCE, REPORT, RESULT, Outputs, spare, stranger_to, try_directory
from ssoaudit.cli.parameters import Moment
from ssoaudit.cli.session import Session
from ssoaudit.cli.streams import note, show, show_bytes
from ssoaudit.credentials import Credential
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import OutputError, write_atomic
from ssoaudit.vocabulary import Profile

LAB_SCENARIOS = (
    "first-scan",
    "healthy",
    "unreachable-node",
    "beside-sql-server",
    "in-sql-server-group",
    "with-hosts-and-iis",
    "member",
    "hosts-only",
    "planned-new",
    "planned-move",
    "built",
)
"""As `ssoaudit.lab.scenarios` has them, which costs time to import."""


@click.command(cls=Command)
@click.option(
    "--scenario",
    type=click.Choice(LAB_SCENARIOS),
    default=LAB_SCENARIOS[0],
    show_default=True,
    help="Which estate the lab shows.",
)
@options.out("report.html, result.json and evidence.json")
@click.pass_obj
def demo(session: Session, scenario: str, out: Path) -> int:
    """Audit the lab: a small estate on this machine that speaks the real protocols."""
    from ssoaudit.lab.process import Lab
    from ssoaudit.lab.scenarios import SCENARIOS

    outputs = Outputs(out, (EVIDENCE, RESULT, REPORT))
    estate = SCENARIOS[scenario]()
    stranger = stranger_to(out, estate.inventory().name)
    if stranger:
        raise OutputError(stranger, "the file there is not the lab's", "give another --out")
    outputs.prepare()
    with Lab(estate) as lab:
        session.log.redaction.add([lab.password])
        logon = Credential(lab.user, lab.password, "the lab")
        sql = Credential(lab.sql_user, lab.password, "the lab")
        evidence = read_estate(session, Estate(lab.inventory()), logon, Manner(), SqlCredentials(sql, sql))
    return save_and_judge(evidence, Question(Profile.PREFLIGHT), outputs)


@click.command(cls=Command)
@options.inventory
@options.judging
@options.out("report.html, result.json and evidence.json")
@options.collecting
@click.pass_obj
def run(
    session: Session,
    /,
    inventory: Path,
    profile: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    out: Path,
    user: str | None,
    **manner: Any,  # noqa: ANN401 - what options.collecting adds
) -> int:
    """Collect from the servers of INVENTORY, judge and report."""
    question = Question(Profile(profile), only, skip)
    question.refuse_if_empty()
    estate = estate_of(inventory, manner)
    outputs = Outputs(out, (EVIDENCE, RESULT, REPORT))
    spare(estate.sources, outputs.paths(), "give another --out")
    outputs.prepare()
    logon, sql = credential(session, estate, user), sql_credentials(session, estate)
    evidence = read_estate(session, estate, logon, Manner(**manner), sql)
    return save_and_judge(evidence, question, outputs)


@click.command(cls=Command)
@options.inventory
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default=EVIDENCE,
    show_default=True,
    help="The evidence file, which only you can read; - is stdout.",
)
@options.collecting
@click.pass_obj
def collect(
    session: Session,
    /,
    inventory: Path,
    output: Path,
    user: str | None,
    **manner: Any,  # noqa: ANN401 - what options.collecting adds
) -> int:
    """Collect from the servers of INVENTORY into a file, to be judged later or elsewhere."""
    estate = estate_of(inventory, manner)
    if output != options.STDOUT:
        spare(estate.sources, [output], "give another --output")
        try_directory(output.parent, "give another --output")
    logon, sql = credential(session, estate, user), sql_credentials(session, estate)
    evidence = read_estate(session, estate, logon, Manner(**manner), sql)
    told = f"{len(answered(evidence))} of {len(evidence.servers)} servers answered"
    if output == options.STDOUT:
        show_bytes(record.dump(evidence))
        note(told)
    else:
        write_atomic(output, record.dump(evidence))
        show(f"{output}: {told}\n")
    if not answered(evidence):
        return ExitCode.NO_ANSWER
    return ExitCode.READY if len(answered(evidence)) == len(evidence.servers) else ExitCode.INCOMPLETE


@click.command(cls=Command)
@click.argument("evidence", type=click.Path(path_type=Path))
@options.judging
@options.out("report.html and result.json")
@click.option(
    "--as-of",
    type=Moment(),
    metavar="now|DATE",
    help="Judge as of that time (ISO 8601, UTC). Default: when the evidence was collected.",
)
def evaluate(
    evidence: Path, profile: str, only: tuple[str, ...], skip: tuple[str, ...], out: Path, as_of: datetime | None
) -> int:
    """Judge EVIDENCE that was collected before."""
    question = Question(Profile(profile), only, skip, as_of)
    question.refuse_if_empty()
    bundle, digest = evidence_file.load(evidence)
    outputs = Outputs(out, (RESULT, REPORT))
    spare([evidence], outputs.paths(), "give another --out")
    outputs.prepare()
    return judge(bundle, digest, question, outputs)
