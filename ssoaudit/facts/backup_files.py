"""Which backups of a master secret lie beside ENTSSO: names, sizes, dates and owners, never their content."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from ssoaudit.facts.bounds import SecurityDescriptor, ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class BackupFile(Part):
    """A file `*.bak`: size in bytes, last write in UTC, which a copy keeps.

    `security_descriptor` holds owner and discretionary list; where it could not be read it is None, and `error` says
    why.
    """

    name: ShortText
    size: Annotated[int, Field(ge=0)]
    modified: AwareDatetime
    security_descriptor: SecurityDescriptor | None
    error: ShortText | None


class BackupFiles(Fact):
    """The backup files in ENTSSO's install folder, which is where setup and the documentation put them.

    `folder` as in `entsso_files`; where it does not exist there are no files. More than 200 files are lacking.

    Source: the folder's listing (`DirectoryInfo.GetFiles`), without subfolders, and per file `FileSecurity` with
    owner and access rules. No file is opened for its content, and none is hashed. Needs the right to list the folder
    and to read the files' permissions: a local administrator as a rule. A backup elsewhere is not seen, nor whether a
    file is a backup of the present secret. See
    https://learn.microsoft.com/biztalk/core/how-to-back-up-the-master-secret.
    """

    topic: ClassVar[str] = "backup_files"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "the listing of the install folder; the files' permissions"
    privilege: ClassVar[str] = "list the folder, read the permissions; local administrator as a rule"
    unseen: ClassVar[str] = "backups in other folders, and whether one can be restored"

    folder: ShortText
    folder_exists: bool
    files: Annotated[tuple[BackupFile, ...], Field(max_length=200)]
