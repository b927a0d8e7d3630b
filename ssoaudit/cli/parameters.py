"""The kinds of values that are this program's own: ids of checks, moments."""

from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ssoaudit.documents import did_you_mean
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
            self.fail(f"no check is called '{value}'; {near or 'see ssoaudit checks list'}", param, ctx)
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
            self.fail(f"'{value}' is neither now nor a date or time such as 2026-11-20T08:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
