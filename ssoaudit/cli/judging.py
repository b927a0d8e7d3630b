"""From evidence to a verdict: the result, its files, the table, and the exit code."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import click

from ssoaudit import evidence as evidence_file
from ssoaudit import record
from ssoaudit.cli.outputs import EVIDENCE, REPORT, RESULT, Outputs
from ssoaudit.cli.parameters import catalogue
from ssoaudit.cli.rendering import render, show_table
from ssoaudit.cli.streams import note
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import OutputError
from ssoaudit.result import Result
from ssoaudit.vocabulary import Profile, Verdict

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """What is asked of the evidence: a profile, perhaps narrowed to some checks, as of some time."""

    profile: Profile
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    as_of: datetime | None = None

    def refuse_if_empty(self) -> None:
        """Raise a usage error where no check is left to ask."""
        wanted = {
            registered.id for registered in catalogue().checks if self.profile in registered.check.profiles
        } - set(self.skip)
        if self.only:
            wanted &= set(self.only)
        if not wanted:
            raise click.UsageError(f"No check of the profile {self.profile.value} is left by --only and --skip.")


def save_and_judge(evidence: Evidence, question: Question, outputs: Outputs) -> ExitCode:
    """Save the evidence, then judge what was saved: the same bytes that `evaluate` will read."""
    data = record.dump(evidence)
    path = outputs.write(EVIDENCE, data)
    return judge(evidence_file.parse(data, path), evidence_file.digest(data), question, outputs)


def judge(evidence: Evidence, digest: str, question: Question, outputs: Outputs) -> ExitCode:
    """Judge, write what was found, and show it.

    Raises `OutputError` where a file cannot be written, after the table was shown: the verdict stands.
    """
    result = evaluate(
        evidence,
        catalogue(),
        question.profile,
        sha256=digest,
        as_of=question.as_of,
        only=question.only,
        skip=question.skip,
    )
    logger.info("%s: %s", result.verdict.value, result.subline, extra={"stage": "evaluate"})
    try:
        _write(outputs, {RESULT: render("json", result), REPORT: render("html", result)})
    except OutputError:
        show_table(result)
        raise
    show_table(result)
    note(f"Report: {outputs.directory / REPORT}")
    _warn_if_old(result)
    return _exit_code(result)


def _write(outputs: Outputs, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        outputs.write(name, data)


def _warn_if_old(result: Result) -> None:
    if datetime.now(timezone.utc) > result.expires:
        logger.warning(
            "the evidence was collected on %s UTC and is relied on for %d hours in this profile; "
            "collect again before you act on it",
            f"{result.expires - timedelta(hours=result.profile.lifetime_hours):%Y-%m-%d %H:%M}",
            result.profile.lifetime_hours,
        )


def _exit_code(result: Result) -> ExitCode:
    answered = any(server.answered for server in result.servers)
    if not answered:
        note(f"Error: no server answered, so nothing is known of the estate. {_first_word(result)}".rstrip())
    return ExitCode.of(Verdict(result.verdict), answered=answered)


def _first_word(result: Result) -> str:
    """What the first server said that could not be read."""
    return next((topic.message for server in result.servers for topic in server.topics if topic.message), "")
