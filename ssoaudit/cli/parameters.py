"""The kinds of values that are this program's own: ids of checks, moments."""

import math
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ssoaudit.documents import did_you_mean, visible
from ssoaudit.record import FIRST_YEAR, LAST_YEAR
from ssoaudit.registry import Catalogue, find_checks

if TYPE_CHECKING:
    StringType = click.ParamType[str]
    MomentType = click.ParamType[datetime]
else:
    # Older versions of click have no type parameter.
    StringType = MomentType = click.ParamType


@cache
def catalogue() -> Catalogue:
    """The checks that are installed."""
    return find_checks()


class CheckId(StringType):
    """The id of a check; an alias becomes the id."""

    name = "id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id. Fails where no check is called so."""
        registered = catalogue().get(value)
        if registered is None:
            near = did_you_mean(value, [each.id for each in catalogue().checks])
            self.fail(f"no check is called '{visible(value)}'; {near or 'see ssoaudit checks list'}", param, ctx)
        return registered.id

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - the signature of click
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The ids that begin so, with their titles."""
        return [
            CompletionItem(registered.id, help=registered.check.title)
            for registered in catalogue().checks
            if registered.id.startswith(incomplete)
        ]


class Seconds(click.FloatRange):
    """A number of seconds within bounds; what is no number is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - what click was given
        """The seconds. Fails where they are out of bounds, or `nan`, which no bound keeps out."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"'{value}' is not a number of seconds", param, ctx)
        return seconds


class Moment(MomentType):
    """`now`, or a date or time in ISO 8601; UTC unless it says otherwise."""

    name = "now|date"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment. Fails where it is none."""
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(timezone.utc)
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            self.fail(f"'{visible(value)}' is neither now nor a date or time such as 2026-11-20T08:00Z", param, ctx)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}, found {moment.year}", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
