"""What every topic's model is made of."""

import json
from collections.abc import Collection, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PrivateAttr, create_model
from typing_extensions import Self


class Scope(str, Enum):
    """What one reading of a topic describes."""

    SERVER = "server"
    CLUSTER = "cluster"
    SSODB = "ssodb"
    BIZTALK_DATABASE = "biztalk_database"
    SQL_SERVER = "sql_server"


class Lacking(Exception):  # noqa: N818 - it is an answer of the fact, not a failure of the program
    """A fact was read in part, and the part asked for is not in it."""

    def __init__(self, topic: str, part: str, message: str) -> None:
        super().__init__(f"{topic}: {part}: {message}")
        self.topic = topic
        self.part = part
        self.message = message


class Part(BaseModel):
    """A frozen piece of a fact. No field has a default: a default is a missing fact made up."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Fact(Part):
    """What a reader answers about one topic.

    `source` names what is read (class, method, key, statement), `privilege` the right that it needs, and `unseen` what
    it cannot tell; all three are shown by `ssoaudit topics` and in the docs, where backticks mark words of Windows'.

    A fact that was read in part raises `Lacking` when a part is used that could not be read, so that no check
    can take it for something else.
    """

    topic: ClassVar[str]
    scope: ClassVar[Scope]
    source: ClassVar[str]
    privilege: ClassVar[str]
    unseen: ClassVar[str]

    _lacking: dict[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any], lacking: Mapping[str, str] | None = None) -> Self:
        """The fact in a reader's answer; `lacking` maps the fields that could not be read to the reason.

        Raises `pydantic.ValidationError` if the rest is not what the model says, or if a field is both lacking and
        there; types are not converted.
        """
        if not lacking:
            return cls.model_validate_json(json.dumps(data), strict=True)
        # A name that is no field of the fact can lack nothing: it is refused as any unknown field is.
        unknown = dict.fromkeys(name for name in lacking if name not in cls.model_fields)
        rest = _without(cls, lacking.keys()).model_validate_json(json.dumps({**data, **unknown}), strict=True)
        fact = cls.model_construct(**dict(rest))
        fact._lacking.update(lacking)  # noqa: SLF001 - of its own class
        return fact

    def lacks(self, part: str, message: str) -> Lacking:
        """The exception to raise where a part of this fact is there but says nothing."""
        return Lacking(self.topic, part, message)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in type(self).model_fields:
                raise Lacking(self.topic, name, self._lacking.get(name, "not read"))
            return super().__getattr__(name)


def _without(model: type[Fact], lacking: Collection[str]) -> type[Part]:
    """The model without the fields that could not be read."""
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in model.model_fields.items() if name not in lacking
    }
    return create_model(model.__name__, __base__=Part, **fields)
