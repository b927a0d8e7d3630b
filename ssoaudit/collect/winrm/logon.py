"""Who logs on."""

from dataclasses import dataclass

from ssoaudit.credentials import Secret


@dataclass(frozen=True)
class Logon:
    """An account and its password. With Kerberos the ticket counts: both may be empty."""

    user: str
    password: Secret

    @property
    def principal(self) -> str | None:
        """The Kerberos principal, for a user given as user@realm; None stands for the ticket's own.

        The realm of a Windows domain is its name in capitals.
        """
        name, _, realm = self.user.rpartition("@")
        return f"{name}@{realm.upper()}" if name else None
