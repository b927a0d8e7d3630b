"""No two machines may carry the same MSDTC identity."""

from collections import defaultdict

from ssoaudit.facts import MsdtcIdentities
from ssoaudit.facts.msdtc_identities import DEFAULT_CONTACT, Cid
from ssoaudit.plugin import (
    ALL_PROFILES,
    Grade,
    Outcome,
    PerMachine,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_verified,
    passed,
)

SOURCE = r"HKLM\SOFTWARE\Classes\CID, CID.Local"


@check(
    title="MSDTC identities are unique",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/troubleshooting-problems-with-msdtc",
        "https://learn.microsoft.com/openspecs/windows_protocols/ms-cmom/",
    ),
)
def cids_are_unique(identities: PerMachine[MsdtcIdentities]) -> Outcome:
    """Machines cloned from one image share their MSDTC identities and then cannot take part in one transaction.
    Compared is what belongs to the machine itself: the contact identity of cluster nodes may rightly be that of the
    clustered MSDTC, and then is the same on all of them."""
    nameless = [name for name, msdtc in identities.items() if not msdtc.own]
    if nameless:
        return not_verified(
            f"{', '.join(nameless)} shows no MSDTC identity at all",
            hint="Is MSDTC installed there? Look below HKEY_CLASSES_ROOT\\CID.",
            servers=nameless,
        )
    shared = _shared(identities)
    if shared:
        return _clones(shared)
    strange = [name for name, msdtc in identities.items() if _is_unexplained(msdtc)]
    if strange:
        return _unexplained(strange, identities)
    return passed(f"{len(identities)} machines have MSDTC identities of their own: {', '.join(identities)}")


def _shared(identities: PerMachine[MsdtcIdentities]) -> dict[str, dict[str, Cid]]:
    """The ids that more than one machine has for its own: id → machine → identity."""
    holders: dict[str, dict[str, Cid]] = defaultdict(dict)
    for name, msdtc in identities.items():
        for cid in msdtc.own:
            holders[cid.id][name] = cid
    return {guid: machines for guid, machines in holders.items() if len(machines) > 1}


def _clones(shared: dict[str, dict[str, Cid]]) -> Outcome:
    machines = sorted({name for holders in shared.values() for name in holders})
    rows = tuple(
        Row(", ".join(holders), "an identity of its own", f"{_description(holders)} {guid}", SOURCE)
        for guid, holders in sorted(shared.items())
    )
    groups = "; ".join(sorted({" and ".join(sorted(holders)) for holders in shared.values()}))
    return failed(
        f"{groups} share MSDTC identities ({len(shared)} GUIDs)",
        why="Transactions between them fail, and with them the configuration of BizTalk and SSO. "
        "The usual cause is a cloned image.",
        expected="every machine has GUIDs of its own",
        observed="; ".join(f"{row.observed} on {row.subject}" for row in rows),
        evidence=rows,
        servers=machines,
        fix=(
            Step(
                "On all but one of them, give MSDTC a new identity: uninstall and install it with msdtc.exe, and "
                "configure it again. On a cluster node, plan it with the node drained; the machine restarts.",
                on=", ".join(machines[1:]),
                impact="distributed transactions of the machine stop",
            ),
        ),
    )


def _description(holders: dict[str, Cid]) -> str:
    return next(iter(holders.values())).description or "without description"


def _is_unexplained(msdtc: MsdtcIdentities) -> bool:
    """Whether the contact identity is neither the machine's own nor a clustered MSDTC's."""
    known = {cid.id for cid in msdtc.own} | {cid.guid.strip("{}").lower() for cid in msdtc.clustered or ()}
    return any(cid.description == DEFAULT_CONTACT and cid.id not in known for cid in msdtc.contact)


def _unexplained(strange: list[str], identities: PerMachine[MsdtcIdentities]) -> Outcome:
    blind = [name for name in strange if identities[name].clustered is None]
    if blind:
        return not_verified(
            f"The contact identity of {', '.join(blind)} is not its own, and the clustered ones were not read",
            hint="Is the cluster service running there, and the auditing account a local administrator?",
            servers=blind,
        )
    return failed(
        f"{', '.join(strange)} uses an MSDTC contact identity that belongs to no MSDTC known there",
        why="Programs on the machine address a transaction coordinator that does not exist there.",
        expected="the contact identity is the machine's own or that of a clustered MSDTC",
        observed="neither",
        servers=strange,
        severity=Severity.MEDIUM,
        fix=(Step("Find out which MSDTC is meant to be used, and install it again with msdtc.exe.", on=strange[0]),),
    )
