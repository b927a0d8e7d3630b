"""What a node of the lab has seen, for tests that ask how a client behaved."""

from dataclasses import asdict, dataclass


@dataclass
class Counters:
    """Numbers since the node was made.

    `logons` counts connections that logged on, `authenticate_messages` the NTLM messages that carry proof
    of a password (each is a logon event on Windows), `encrypted_messages` the requests that were decrypted,
    `plaintext_bodies` the non-empty bodies that came in clear over plain HTTP, logged on or not.
    """

    requests: int = 0
    logons: int = 0
    rejected_logons: int = 0
    authenticate_messages: int = 0
    encrypted_messages: int = 0
    plaintext_bodies: int = 0
    shells_opened: int = 0
    shells_closed: int = 0

    @property
    def open_shells(self) -> int:
        """Shells opened and not deleted."""
        return self.shells_opened - self.shells_closed

    def as_dict(self) -> dict[str, int]:
        """Every number by its name, `open_shells` included."""
        return {**asdict(self), "open_shells": self.open_shells}
