"""What a SQL Server of the lab has seen of a client, for tests that ask how it behaved."""

from dataclasses import asdict, dataclass, field


@dataclass
class Session:
    """A client that logged on. `encrypted` is whether more than the login is.

    `statements` are all it sent, as text, in order; a procedure called by name is written as EXEC.
    `transactions` counts the requests to begin, commit or roll back.
    """

    user: str
    app: str
    host: str
    database: str
    read_only_intent: bool
    encrypted: bool
    statements: list[str] = field(default_factory=list)
    transactions: int = 0

    def as_dict(self) -> dict[str, object]:
        """Every field by its name."""
        return asdict(self)
