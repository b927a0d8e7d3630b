import base64
import json
import struct
from typing import Any

import pytest
from pydantic import ValidationError

from ssoaudit.facts import (
    BackupFiles,
    BizTalkRegistry,
    EntssoFiles,
    Fact,
    Lacking,
    OperatingSystem,
    Program,
    RpcPolicy,
    SecretKeyAcl,
)
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, healthy

TOPICS = (OperatingSystem, EntssoFiles, BackupFiles, SecretKeyAcl, BizTalkRegistry, RpcPolicy)


def answer(topic: type[Fact], machine: str = NODES[0]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(healthy().machines[machine].facts[topic.topic].model_dump_json())
    return data


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("machine", [*NODES, *BIZTALK, SQL])
def test_every_machine_of_the_lab_answers(topic: type[Fact], machine: str) -> None:
    assert topic.read(answer(topic, machine)) == healthy().machines[machine].facts[topic.topic]


def test_the_signs_of_a_restart_may_be_lacking_and_the_rest_stays() -> None:
    data = answer(OperatingSystem)
    del data["pending_reboot"]
    known = OperatingSystem.read(data, {"pending_reboot": "denied"})
    assert (known.build, known.revision) == ("20348", 2849)
    with pytest.raises(Lacking, match="os: pending_reboot: denied"):
        _ = known.pending_reboot


@pytest.mark.parametrize("value", ["2026-11-11T04:40:51", "yesterday", 1731300051])
def test_a_start_without_a_zone_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        OperatingSystem.read({**answer(OperatingSystem), "last_boot": value})


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("10.0.2242.0", (10, 0, 2242, 0)), ("9.0.1000.65535", (9, 0, 1000, 65535)), (None, ())],
)
def test_a_version_in_numbers(version: str | None, numbers: tuple[int, ...]) -> None:
    assert Program(name="ENTSSO.exe", is_present=True, version=version).numbers == numbers


@pytest.mark.parametrize("version", ["", "10.0.2242", "10.0.2242.0.1", "10.0.2242.0 (x)", "v10.0.2242.0", "1.2.3.4\n"])
def test_a_version_is_four_numbers(version: str) -> None:
    with pytest.raises(ValidationError):
        Program(name="ENTSSO.exe", is_present=True, version=version)


def test_a_program_is_found_in_any_case() -> None:
    files = EntssoFiles.read(answer(EntssoFiles))
    assert files.get("entsso.EXE").numbers == (10, 0, 2242, 0)
    with pytest.raises(Lacking, match=r"entsso_files: programs: other\.exe was not asked for"):
        files.get("other.exe")


def test_a_backup_whose_rules_could_not_be_read_says_why() -> None:
    data = answer(BackupFiles)
    data["files"][0] |= {"security_descriptor": None, "error": "access is denied"}
    (backup,) = BackupFiles.read(data).files
    assert (backup.name, backup.size, backup.error) == ("SSO3F2A.bak", 1360, "access is denied")


@pytest.mark.parametrize("size", [-1, "1360", None])
def test_a_size_is_a_number(size: object) -> None:
    data = answer(BackupFiles)
    data["files"][0]["size"] = size
    with pytest.raises(ValidationError):
        BackupFiles.read(data)


def test_the_lab_protects_the_key_with_a_discretionary_list() -> None:
    text = SecretKeyAcl.read(answer(SecretKeyAcl)).security_descriptor
    assert text is not None
    _, _, control, owner, group, audit, access = struct.unpack_from("<BBHIIII", base64.b64decode(text))
    assert (control & 0x8004, owner, group, audit) == (0x8004, 20, 0, 0)
    assert access > owner


def test_both_views_of_the_registry_are_told_apart() -> None:
    data = answer(BizTalkRegistry, BIZTALK[0])
    found = BizTalkRegistry.read(data)
    assert found.installations == (found.native,)
    other = {**data["native"], "management_server": "OTHER"}
    both = BizTalkRegistry.read({**data, "in_32_bit_view": other})
    assert [installation.management_server for installation in both.installations] == [SQL, "OTHER"]
    assert BizTalkRegistry.read(answer(BizTalkRegistry, SQL)).installations == ()
