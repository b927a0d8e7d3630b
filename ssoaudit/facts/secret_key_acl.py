"""Who may read the registry key that holds the master secrets."""

from typing import ClassVar

from ssoaudit.facts.bounds import SecurityDescriptor
from ssoaudit.facts.fact import Fact, Scope


class SecretKeyAcl(Fact):
    r"""Owner and access rules of the key of the master secrets; what is in it is not touched.

    `is_present` is False where the key does not exist, and then there is no `security_descriptor`.

    Source: `HKLM\SOFTWARE\Microsoft\ENTSSO\SSOSS` itself, opened with READ_CONTROL alone
    (`RegistryRights.ReadPermissions`): through such a handle neither values nor subkeys can be read. Auditing rules are
    not asked for. Needs a local administrator as a rule. Not seen: the rules of the keys below, which may differ.
    See https://learn.microsoft.com/dotnet/api/system.security.accesscontrol.registryrights.
    """

    topic: ClassVar[str] = "secret_key_acl"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SOFTWARE\Microsoft\ENTSSO\SSOSS`, opened with READ_CONTROL alone, through which neither values"
        " nor subkeys can be read"
    )
    privilege: ClassVar[str] = "local administrator as a rule"
    unseen: ClassVar[str] = "who may read through a privilege, such as that of backing up files"

    is_present: bool
    security_descriptor: SecurityDescriptor | None
