"""The commands that collect and judge: demo, run, collect, evaluate."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssoaudit import evidence as evidence_file
from ssoaudit import inventory as inventory_file
from ssoaudit import record
from ssoaudit.cli import options
from ssoaudit.cli.rendering import render, show_table
from ssoaudit.cli.session import Session
from ssoaudit.credentials import Credential, CredentialError, Secret, resolve
from ssoaudit.documents import did_you_mean
from ssoaudit.evaluate import evaluate as evaluate_evidence
from ssoaudit.evidence import Evidence, Read
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import write_atomic
from ssoaudit.inventory import Inventory
from ssoaudit.registry import Catalogue, find_checks
from ssoaudit.result import Result
from ssoaudit.vocabulary import Profile, Verdict

if TYPE_CHECKING:
    from ssoaudit.collect.collection import Collection

PRIVATE = 0o600
EVIDENCE, RESULT, REPORT = "evidence.json", "result.json", "report.html"
LAB_SCENARIOS = ("first-scan", "healthy", "unreachable-node")


@click.command()
@click.option(
    "--scenario",
    type=click.Choice(LAB_SCENARIOS),
    default=LAB_SCENARIOS[0],
    show_default=True,
    help="Which estate the lab shows.",
)
@options.out
@click.pass_obj
def demo(session: Session, scenario: str, out: Path) -> int:
    """Audit the lab: a small estate on this machine that speaks the real protocols."""
    from ssoaudit.lab.process import Lab
    from ssoaudit.lab.scenarios import SCENARIOS

    with Lab(SCENARIOS[scenario]()) as lab:
        session.redaction.add([lab.password])
        inventory = lab.inventory()
        evidence = _collect(session, inventory, Credential(lab.user, lab.password, "the lab"))
    return _judge_and_write(evidence, Profile.PREFLIGHT, out)


@click.command()
@options.inventory
@options.judging
@options.collecting
@click.pass_obj
def run(
    session: Session,
    inventory: Path,
    profile: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    out: Path,
    user: str | None,
    workers: int | None,
    timeout: float,
    connect_timeout: float,
) -> int:
    """Collect from the servers of INVENTORY, judge and report."""
    catalogue = find_checks()
    check_ids(catalogue, (*only, *skip))
    estate = inventory_file.load(inventory)
    credential = _credential(session, estate, user)
    evidence = _collect(session, estate, credential, workers, timeout, connect_timeout)
    return _judge_and_write(evidence, Profile(profile), out, catalogue, only, skip)


@click.command()
@options.inventory
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=EVIDENCE,
    show_default=True,
    help="The evidence file; only you can read it.",
)
@options.collecting
@click.pass_obj
def collect(
    session: Session,
    inventory: Path,
    output: Path,
    user: str | None,
    workers: int | None,
    timeout: float,
    connect_timeout: float,
) -> int:
    """Collect from the servers of INVENTORY into a file, to be judged later or elsewhere."""
    estate = inventory_file.load(inventory)
    credential = _credential(session, estate, user)
    evidence = _collect(session, estate, credential, workers, timeout, connect_timeout)
    write_atomic(output, record.dump(evidence), PRIVATE)
    answered = [server.name for server in evidence.servers if _answered(evidence, server.name)]
    click.echo(f"{output}: {len(answered)} of {len(evidence.servers)} servers answered")
    if not answered:
        return ExitCode.NO_ANSWER
    return ExitCode.READY if len(answered) == len(evidence.servers) else ExitCode.INCOMPLETE


@click.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@options.judging
@click.option("--as-of", metavar="now|DATE", help="Judge as of that time (ISO 8601, UTC). Default: the evidence's end.")
def evaluate(
    evidence: Path, profile: str, only: tuple[str, ...], skip: tuple[str, ...], out: Path, as_of: str | None
) -> int:
    """Judge EVIDENCE that was collected before."""
    catalogue = find_checks()
    check_ids(catalogue, (*only, *skip))
    bundle, digest = evidence_file.load(evidence)
    result = evaluate_evidence(
        bundle, catalogue, Profile(profile), sha256=digest, as_of=_time(as_of), only=only, skip=skip
    )
    return _write(result, out)


def check_ids(catalogue: Catalogue, wanted: tuple[str, ...]) -> None:
    """Raise a usage error for an id that no check has."""
    for check_id in wanted:
        if catalogue.get(check_id) is None:
            hint = did_you_mean(check_id, [registered.id for registered in catalogue.checks])
            raise click.UsageError(f"No check is called '{check_id}'. {hint or 'See ssoaudit checks list.'}")


def _credential(session: Session, inventory: Inventory, user: str | None) -> Credential:
    """Whom to log on as. With Kerberos alone the ticket counts, and no password is asked for."""
    name = user or inventory.winrm.user
    methods = {inventory.winrm_of(server).auth for server in inventory.servers}
    if methods == {"kerberos"}:
        return Credential(name or "", Secret(""), "the Kerberos ticket")
    try:
        credential = resolve(name, environment=os.environ, prompt=getpass.getpass if sys.stdin.isatty() else None)
    except CredentialError as error:
        raise click.UsageError(str(error)) from None
    session.redaction.add([credential.password])
    return credential


def _collect(
    session: Session,
    inventory: Inventory,
    credential: Credential,
    workers: int | None = None,
    timeout: float = 120.0,
    connect_timeout: float = 10.0,
) -> Evidence:
    # Imported here, so that judging and reporting work where pywinrm cannot be imported.
    from ssoaudit.collect.collection import Collection, Options
    from ssoaudit.collect.winrm.limits import Limits
    from ssoaudit.collect.winrm.logon import Logon

    limits = Limits(connect=connect_timeout, deadline=timeout)
    collection = Collection(
        inventory, Logon(credential.user, credential.password), Options(workers, limits), run_id=session.run_id
    )
    with _progress(collection):
        return collection.collect()


@contextmanager
def _progress(collection: "Collection") -> Iterator[None]:
    """A bar on stderr while servers are read; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    servers = len(collection.inventory.servers)
    with click.progressbar(length=servers, label="Reading servers", file=sys.stderr) as bar:
        collection.progress = lambda *_: bar.update(1)
        yield


def _judge_and_write(
    evidence: Evidence,
    profile: Profile,
    out: Path,
    catalogue: Catalogue | None = None,
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
) -> int:
    """Save the evidence, then judge what was saved: the same bytes that `evaluate` will read."""
    data = record.dump(evidence)
    write_atomic(_directory(out) / EVIDENCE, data, PRIVATE)
    saved = evidence_file.parse(data, out / EVIDENCE)
    digest = evidence_file.digest(data)
    return _write(
        evaluate_evidence(saved, catalogue or find_checks(), profile, sha256=digest, only=only, skip=skip), out
    )


def _write(result: Result, out: Path) -> int:
    directory = _directory(out)
    write_atomic(directory / RESULT, render("json", result))
    write_atomic(directory / REPORT, render("html", result))
    show_table(result)
    click.echo(f"Report: {directory / REPORT}", err=True)
    _warn_if_old(result)
    return ExitCode.of(Verdict(result.verdict), answered=any(server.answered for server in result.servers))


def _warn_if_old(result: Result) -> None:
    if datetime.now(timezone.utc) > result.expires:
        hours = result.profile.lifetime_hours
        click.echo(
            f"warning: the evidence was collected on {result.run.finished:%Y-%m-%d %H:%M} UTC and is relied on for "
            f"{hours} hours in this profile; collect again before you act on it.",
            err=True,
        )


def _directory(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"The directory {path} cannot be made: {error.strerror}.") from None
    return path


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    if text == "now":
        return datetime.now(timezone.utc)
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter(f"'{text}' is neither now nor a date.", param_hint="--as-of") from None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _answered(evidence: Evidence, server: str) -> bool:
    return any(isinstance(reading, Read) for reading in evidence.topics(server).values())
