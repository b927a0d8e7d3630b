"""No two machines may carry the same MSDTC identity."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ssoaudit.facts import MsdtcIdentities
from ssoaudit.facts.guid import guid as canonical
from ssoaudit.facts.msdtc_identities import DEFAULT_CONTACT
from ssoaudit.plugin import (
    ALL_PROFILES,
    Grade,
    Inventory,
    Outcome,
    PerMachine,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
)

SOURCE = r"HKLM\SOFTWARE\Classes\CID, CID.Local"
CLUSTERED = "a clustered MSDTC"

Own = Mapping[str, Mapping[str, str]]
"""Machine → id → what the id stands for."""


@check(
    title="MSDTC identities are unique",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/troubleshooting-problems-with-msdtc",
        "https://learn.microsoft.com/openspecs/windows_protocols/ms-cmom/855c34c2-b3af-4ac4-a243-71136f0d3e36",
    ),
)
def cids_are_unique(identities: PerMachine[MsdtcIdentities], inventory: Inventory) -> Iterator[Outcome]:
    """Machines cloned from one image share their MSDTC identities and then cannot take part in one transaction.
    Compared is what belongs to the machine itself: the contact identity of cluster nodes may rightly be that of the
    clustered MSDTC, and then is the same on all of them. Machines that the inventory does not name are not seen."""
    clustered = {name: _clustered(name, identities, inventory) for name in identities}
    own = {name: _own(msdtc, clustered[name]) for name, msdtc in identities.items()}
    shared = _shared(own, _clustered_everywhere(identities))
    if shared:
        yield _clones(shared)
    nameless = [name for name, msdtc in identities.items() if not own[name] or not msdtc.contact]
    if nameless:
        yield not_verified(
            f"{', '.join(nameless)} shows no MSDTC identity of its own, or none for its programs",
            hint="Is MSDTC installed there? Look below HKEY_CLASSES_ROOT\\CID and CID.Local.",
            servers=nameless,
        )
    for name, msdtc in identities.items():
        contact = _default_contact(msdtc)
        if name not in nameless and not contact & (own[name].keys() | clustered[name]):
            yield _unexplained(name, contact, is_blind=msdtc.clustered is None)
    if len(inventory.servers) == 1:
        yield not_applicable("The inventory names one machine: there is nothing to compare")
    else:
        yield passed(f"{', '.join(identities)} have MSDTC identities of their own", evidence=_rows(own))


def _id(guid: str) -> str:
    return guid.strip("{}").lower()


def _clustered_everywhere(identities: PerMachine[MsdtcIdentities]) -> dict[str, str]:
    """The ids of clustered MSDTCs that any machine knows of, and what they stand for."""
    return {
        _id(cid.guid): cid.description or "without description"
        for msdtc in identities.values()
        for cid in msdtc.clustered or ()
    }


def _clustered(name: str, identities: PerMachine[MsdtcIdentities], inventory: Inventory) -> frozenset[str]:
    """The ids of the clustered MSDTCs that a machine may use; where a node could not tell, the other nodes do."""
    known = identities[name].clustered
    server = inventory.server(name)
    if known is None and server is not None and server.is_node:
        return frozenset(_clustered_everywhere(identities))
    return frozenset(_id(cid.guid) for cid in known or ())


def _own(msdtc: MsdtcIdentities, clustered: frozenset[str]) -> dict[str, str]:
    """The ids of the machine's own MSDTC; a contact that is clustered is not its own."""
    borrowed = clustered if msdtc.local is None else frozenset[str]()
    return {
        cid.id: cid.description or "without description"
        for cid in msdtc.own
        if canonical(cid.guid) and cid.id not in borrowed
    }


def _shared(own: Own, clustered: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The ids that more than one machine, or a machine and a clustered MSDTC, have for their own."""
    holders: dict[str, dict[str, str]] = defaultdict(dict)
    for name, ids in own.items():
        for guid, description in ids.items():
            holders[guid][name] = description
    for guid, description in clustered.items():
        if guid in holders:
            holders[guid][CLUSTERED] = description
    return {guid: machines for guid, machines in holders.items() if len(machines) > 1}


def _clones(shared: Mapping[str, Mapping[str, str]]) -> Outcome:
    groups = {tuple(holders): _guids(tuple(holders), shared) for holders in shared.values()}
    rows = tuple(
        Row(", ".join(holders), "an identity of its own", f"{next(iter(holders.values()))} {guid}", SOURCE)
        for guid, holders in sorted(shared.items())
    )
    return failed(
        "; ".join(_clash(holders, guids) for holders, guids in groups.items()),
        why="Transactions between them fail, and with them the configuration of BizTalk and SSO. "
        "The usual cause is a cloned image.",
        expected="every machine has GUIDs of its own",
        observed="; ".join(f"{row.observed} on {row.subject}" for row in rows),
        evidence=rows,
        servers=sorted({name for holders in groups for name in holders} - {CLUSTERED}),
        fix=(
            Step(
                "Give MSDTC a new identity: uninstall and install it with msdtc.exe from an elevated prompt, then set "
                "its security options and its start type again. On a cluster node, plan it with the node drained; the "
                "machine may have to restart.",
                on=", ".join(sorted({name for holders in groups for name in _to_renew(holders)})),
                impact="distributed transactions of the machine stop",
            ),
        ),
    )


def _guids(holders: tuple[str, ...], shared: Mapping[str, Mapping[str, str]]) -> list[str]:
    return sorted(guid for guid, machines in shared.items() if tuple(machines) == holders)


def _clash(holders: tuple[str, ...], guids: list[str]) -> str:
    """Who shares, and what: the first GUID by name, the others by number."""
    more = f" and {len(guids) - 1} more" if len(guids) > 1 else ""
    return f"{' and '.join(holders)} share the MSDTC identity {guids[0]}{more}"


def _to_renew(holders: tuple[str, ...]) -> tuple[str, ...]:
    """One of the holders may keep the identity: the clustered MSDTC, else the first of the inventory."""
    return holders[:-1] if CLUSTERED in holders else holders[1:]


def _default_contact(msdtc: MsdtcIdentities) -> frozenset[str]:
    """The contact that tells which MSDTC the machine's programs use; all contacts where none is described so."""
    default = [cid.id for cid in msdtc.contact if (cid.description or "").casefold() == DEFAULT_CONTACT.casefold()]
    return frozenset(default or [cid.id for cid in msdtc.contact])


def _rows(own: Own) -> tuple[Row, ...]:
    return tuple(Row(name, "identities of its own", ", ".join(sorted(ids)), SOURCE) for name, ids in own.items())


def _unexplained(name: str, contact: frozenset[str], *, is_blind: bool) -> Outcome:
    guids = ", ".join(sorted(contact))
    if is_blind:
        return not_verified(
            f"The MSDTC contact identity of {name}, {guids}, is not its own; the clustered ones were not read there",
            hint="Is the cluster service running there, and the auditing account a local administrator?",
            servers=(name,),
        )
    return failed(
        f"The MSDTC contact identity of {name}, {guids}, belongs to no MSDTC known there",
        why="Programs on the machine address a transaction coordinator that does not exist there.",
        expected="the contact identity is the machine's own or that of a clustered MSDTC",
        observed=f"{guids}, neither",
        evidence=(Row(name, "its own, or a clustered MSDTC's", guids, SOURCE),),
        servers=(name,),
        severity=Severity.MEDIUM,
        fix=(Step("Find out which MSDTC is meant to be used, and install it again with msdtc.exe.", on=name),),
    )
