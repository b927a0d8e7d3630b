"""The words that identify nobody: Windows' and the products' own, and those of the collector itself."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from ssoaudit.facts.columns import COLUMNS

PRODUCT_WORDS = frozenset(
    """
    32-bit 64-bit 64bit admin administrator administrators affiliate affiliates all analysis and anonymous app appdata
    application applications apppool authenticated authority auto autos availability available backup bam
    bamprimaryimport base batch biztalk biztalkdtadb biztalkmgmtdb biztalkmsgboxdb browser bts btsntsvc btssvc builtin
    bulk_logged business ca cfg cid classes clussvc cluster clustered clusters cn com common component computer
    connection constrainedlanguage contact coordinator copying core credential cu database datacenter db dbmssocn
    dbnmpntw dbo dc dcom dedicated default delayed developer direct disabled disk distributed dll dns domain driver dtc
    edition effective emergency en enterprise entsso enu essentials etl evaluation event everyone evtx exe
    express false file files framework freetds full fulllanguage gdr general generic group groups guest guests health
    host hosts http https iis inetpub information ini instance integration interactive internal ip ipv4 ipv6 iso
    isolated kerberos lg local localhost localservice localsystem log logon lpc machine managed management manager
    manual master microsoft minimum model monitor msdb msdtc msdtctipgw msdtcuis msdtcxatm mssql mssqlfdlauncher
    mssqlserver mssqlserverolapservice mtxoci multi_user name negotiate network networkservice nolanguage np nsi nt ntlm
    obj object odbc offline online only operating operators or ou owner password path physical pipe pipeline policy
    power powershell process product program programdata programs protocol quorum read_only read_write recovering
    recovery_pending reference remote replication replicator resource restoring restricted_user restrictedlanguage
    roaming role root rpc rpcss rtm rule rules running salted schannel schema scripts secret secure security self serial
    server servers service services session share shared sign-on simple single single_user site smtp so software sp sql
    sqlagent sqlbrowser sqlserver sqlserveragent sso ssoadmins ssodb ssops ssoss standard start stopped storage store
    suspect suspended svchost synchronization system system32 syswow64 task tcp tdsodbc technology temp tempdb
    tracking transaction transactions true trusted txt udp unknown update us user users utf-8 vmware w3svc web webadmin
    wid window windows winmgmt winrm witness wmi wow6432node x64 x86
    """.split()  # noqa: SIM905 - a list of so many words is read and sorted best as a text
)
"""What Windows, SQL Server, BizTalk Server and Enterprise SSO call their own; kept in every field."""

MESSAGE_WORDS = frozenset(
    """
    a about above access account accounts after again against all already also an and another any are argument as asked
    at attempt available back be because been before being below but by call called cannot cast caused certificate
    channel check class client closed code command compile compiler complete configured connect connected connection
    contact could cpu current data denied deny did directory disabled disk does down due during either element empty
    encountered end enough enum enumeration error errors event exceeded exception exist exists expected expired failed
    failure fault field file find folder for forcibly format found from function granted handle has have host hresult
    id if in incorrect initialize input installed instance insufficient internal into invalid invoke is it its key
    language length limit line list loaded location locked log login logon lookup machine mapping match maximum may
    member memory message method missing mode more must name named namespace native network new no none not nothing
    null number of off offline ok on one only open operation option or other out output parameter password path
    permission permissions pipe please port present privilege privileges process property provider query queue quota
    read reading reason refused registry remote request requested required resolve resource response result return
    returned right rights row running schema script security select server service session set shell should size some
    specified started state statement status stopped store string subsystem such support supported system table target
    temporarily than that the their then there this time timed timeout to token too transaction transport trusted try
    type unable unavailable unexpected unhandled unknown unspecified untrusted up use used user using valid value
    version via was were when where which while with without work working write wrong yet you your
    """.split()  # noqa: SIM905
)
"""What Windows' own messages are made of; kept in sentences alone."""

COMPARED_WORDS = frozenset(
    """
    admin administrators and application authenticated authority continue disk distributed entsso everyone generic
    local localhost localservice localsystem lpc msdtcuis mssql mssqlserver name network networkservice np nt or pause
    paused pending physical pipe query read_write running script service sign single sql sso start stop stopped system
    tcp users
    """.split()  # noqa: SIM905
)
"""The words that a fact is compared with somewhere; kept in every field, also where a machine is called so."""

_SOURCES = ("collect", "facts")
_KINDS = (".py", ".ps1", ".sql")
_WORD = re.compile(r"[a-z0-9_]+")
_PARTS = re.compile(r"[-_]+")


def is_product_word(word: str) -> bool:
    """Whether a word is the products' own, in any field."""
    return word.casefold() in _product_words()


def is_compared_word(word: str) -> bool:
    """Whether a word is one of those that facts are compared with."""
    return word.casefold() in COMPARED_WORDS


def is_message_word(word: str) -> bool:
    """Whether a word identifies nobody in a sentence; one with hyphens, if none of its parts does."""
    if is_product_word(word):
        return True
    parts = parts_of(word)
    return all(part in _message_words() and not part.isdigit() for part in parts)


def parts_of(word: str) -> list[str]:
    """The parts of a word with hyphens or underscores, in lower case."""
    return [part for part in _PARTS.split(word.casefold()) if part]


@cache
def _product_words() -> frozenset[str]:
    """The lists above, and the names of SSODB's and BizTalk's own tables and columns."""
    names = (name for tables in COLUMNS.values() for table, columns in tables.items() for name in (table, *columns))
    return PRODUCT_WORDS | COMPARED_WORDS | frozenset(_words(names))


@cache
def _message_words() -> frozenset[str]:
    """The words of messages, and whatever the collector's source says: it was written before it saw the site."""
    root = Path(__file__).parent.parent
    paths = (path for folder in _SOURCES for path in Path(root, folder).rglob("*") if path.suffix in _KINDS)
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return MESSAGE_WORDS | frozenset(part for word in _words(texts) for part in parts_of(word))


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _WORD.findall(text.casefold())
