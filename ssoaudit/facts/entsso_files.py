"""ENTSSO's programs, as they lie on the disk."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.fact import Fact, Part, Scope

ENTSSO, SSOCONFIG, SSOMANAGE = "ENTSSO.exe", "ssoconfig.exe", "ssomanage.exe"


class Program(Part):
    """One program; `version` is its file version, four numbers with dots, None where the file carries none."""

    name: ShortText
    is_present: bool
    version: Annotated[str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,5}){3}$")] | None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version in numbers, which compare as versions do; empty where there is none."""
        return () if self.version is None else tuple(int(number) for number in self.version.split("."))


class EntssoFiles(Fact):
    r"""The service and the two command-line tools in ENTSSO's install folder.

    `folder` is `InstallPath` of `HKLM\SOFTWARE\Microsoft\ENTSSO`, or where that does not exist
    `Enterprise Single Sign-On` below the common program files. Where the folder does not exist, no program is present.

    Source: the folder's listing (`DirectoryInfo.GetFiles`) and the numbers of the programs' version resource
    (`FileVersionInfo.FileMajorPart` and the next three). Users may list the folder as a rule. Only a drive of the
    machine is looked at. Signatures are not checked, and a program that runs may be older than its file.
    See https://learn.microsoft.com/biztalk/core/how-to-use-the-servers-snap-in.
    """

    topic: ClassVar[str] = "entsso_files"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "the listing of the install folder; the version resource of `ENTSSO.exe`, `ssoconfig.exe` and `ssomanage.exe`"
    )
    privilege: ClassVar[str] = "list the folder; Users have it as a rule"
    unseen: ClassVar[str] = "whether a program is the vendor's: no signature is looked at"

    folder: ShortText
    folder_exists: bool
    programs: Annotated[tuple[Program, ...], Field(max_length=3)]

    def get(self, name: str) -> Program:
        """The program of that name; raises `Lacking` where it was not asked for."""
        for program in self.programs:
            if program.name.casefold() == name.casefold():
                return program
        raise self.lacks("programs", f"{name} was not asked for")
