"""The words that facts are compared with: they stay, whoever is called so, and what is judged stays with them."""

import ast
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle, judge

from ssoaudit import record
from ssoaudit.evidence import Evidence
from ssoaudit.lab.estate import NODES, SQL, healthy
from ssoaudit.redact import Pseudonyms, redact
from ssoaudit.redact.text import Texts
from ssoaudit.redact.words import COMPARED_WORDS
from ssoaudit.result import Result
from ssoaudit.vocabulary import Profile

ROOT = Path(__file__).parents[2]
TOLD = re.compile(
    r"SOURCE|WHY|WINDOWS_OWN|RESOLVE|_CLUSTERED|CLUSTERED|ROLES|OBJECTS|HISTORY|SET|KINDS|NAMES|SERVER|GROUP"
    r"|INVENTORY|CONTENT|COLUMNS|OWN_ROW|HEADER|ACTION|WELL_KNOWN|_GUID|\w*_HINT"
)
"""The constants that are told, and compared with nothing that a site gives."""

OF_THE_SCHEMA = {"new", "move", "lsa", "secedit"}
"""Words that the models themselves list: they are no texts of a site."""

LOOKS = ("startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "strip")


def compared_words() -> Iterator[tuple[str, str]]:
    """The words of every text with which a fact or a check compares, by the file."""
    for folder in ("ssoaudit/facts", "checks"):
        for path in sorted(Path(ROOT, folder).rglob("*.py")):
            for text in compared_texts(ast.parse(path.read_bytes())):
                for word in re.findall(r"[A-Za-z_]{2,}", text):
                    yield path.name, word.casefold()


def compared_texts(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.isupper() and not TOLD.fullmatch(name):
                yield from texts_in(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from (text for part in (node.left, *node.comparators) for text in texts_in(part))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKS:
            yield from (text for part in node.args for text in texts_in(part))


def texts_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
        # What is escaped in a pattern is no word, nor is what stands in brackets.
        pattern = next(texts_in(node.args[0]))
        yield re.sub(r"\\\\|\\[a-zA-Z]|\(\?:|\[[^\]]*\]", " ", pattern)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts_in(child)


def test_every_word_that_a_fact_is_compared_with_is_listed() -> None:
    found = set(compared_words())
    assert len(found) > 30
    assert {(name, word) for name, word in found if word not in COMPARED_WORDS | OF_THE_SCHEMA} == set()


Data = dict[str, Any]
Change = Callable[[Data], None]


def facts(data: Data, topic: str) -> Iterator[Data]:
    for server in data["servers"]:
        if "data" in server["topics"].get(topic, {}):
            yield server["topics"][topic]["data"]


def sql_server(address: str, *alias: str) -> Change:
    def change(data: Data) -> None:
        for fact in facts(data, "entsso_registry"):
            fact["sql_server"] = address
            fact["sql_aliases"] = [{"name": alias[0], "target": alias[1]}] if alias else []

    return change


def service_account(account: str, operator: str) -> Change:
    def change(data: Data) -> None:
        data["inventory"]["operators"] = [operator]
        for fact in facts(data, "services"):
            for service in fact["services"]:
                service["start_name"] = account if service["name"] == "ENTSSO" else service["start_name"]

    return change


def called(old: str, new: str) -> Change:
    def change(data: Data) -> None:
        text = re.sub(rf"\b{old}\b", new, json.dumps(data), flags=re.IGNORECASE)
        data.clear()
        data.update(json.loads(text))

    return change


def resource(name: str, kind: str) -> Change:
    """A resource that has something of ENTSSO in its name, and is no service."""

    def change(data: Data) -> None:
        for fact in facts(data, "cluster_view"):
            for row in fact["resources"]:
                if row["service_name"] == "ENTSSO":
                    row |= {"name": name, "type": kind, "service_name": None}

    return change


CHANGES: dict[str, Change] = {
    "an account of Windows where the domain is NT": service_account("NT AUTHORITY\\NetworkService", "NT\\joe"),
    "the system's account where a machine is LocalSystem": service_account("LocalSystem", "LocalSystem\\joe"),
    "an instance on (local)": sql_server("(local)\\ORDERS"),
    "an instance on localhost": sql_server("localhost\\ORDERS"),
    "the default instance in full": sql_server(f"{SQL}\\MSSQLSERVER"),
    "a pipe": sql_server(f"np:\\\\{SQL}\\pipe\\sql\\query"),
    "a pipe of an instance": sql_server(f"\\\\{SQL}\\pipe\\MSSQL$ORDERS\\sql\\query"),
    "an alias of a pipe": sql_server("SSOSQL", "SSOSQL", f"DBNMPNTW,\\\\{SQL}\\pipe\\sql\\query"),
    "an alias of a port": sql_server("SSOSQL", "SSOSQL", f"DBMSSOCN,{SQL},1433"),
    "an address with a port": sql_server(f"tcp:{SQL},1433"),
    "an address of digits": sql_server("10.20.4.60"),
    "an address with a zero in front": sql_server("10.20.04.60"),
    "an IPv6 address in two spellings": lambda data: (
        sql_server("2001:DB8:0:0::1")(data),
        data["inventory"]["sql"].update(server="2001:db8::1"),
    )[0],
    "a domain called OR": called("CONTOSO", "OR"),
    "a machine called AND": called(NODES[0], "AND"),
    "a machine called STOPPED": called(NODES[1], "STOPPED"),
    "a machine called localhost": called(SQL, "LOCALHOST"),
    "a domain called READ_WRITE": called("CONTOSO", "READ_WRITE"),
    "a domain called MICROSOFT": called("CONTOSO", "MICROSOFT"),
    "an application that is called like SSO": resource("ContosoSSO", "Generic Application"),
    "a script that begins like SSO": resource("SSO_Service", "Generic Script"),
    "a name whose mark is cut": resource("ContosoProd12SSO", "Generic Application"),
    "a name whose mark is cut in its middle": resource("ContosoProd123SSO", "Generic Application"),
    "a name with the mark between hyphens": resource("PROD-CLUSTER-SSO-1", "Generic Script"),
    "a name that only holds SSO": resource("ContosSOrders", "Generic Application"),
}


def judged(result: Result) -> tuple[object, ...]:
    return result.verdict, Counter(
        (each.check, each.status, each.severity, each.blocked_by, len(each.fix), len(each.evidence))
        for each in result.findings
    )


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_judged_stays_however_the_site_is_called(name: str, profile: Profile) -> None:
    data = json.loads(record.dump(bundle(healthy())))
    before = json.dumps(data)
    CHANGES[name](data)
    assert json.dumps(data) != before
    evidence = Evidence.model_validate_json(json.dumps(data))
    redacted = redact(evidence, Pseudonyms(chance=random.Random(3)))  # noqa: S311 - the same every time

    assert judged(judge(redacted, profile)) == judged(judge(evidence, profile))


def texts(*hosts: str) -> Texts:
    made = Texts(Pseudonyms(chance=random.Random(5)))  # noqa: S311
    for host in hosts:
        made.learn_host(host)
    return made


@pytest.mark.parametrize("text", ["business_backup", "the business-log is full", "BUSINESS"])
def test_a_machine_with_a_products_name_is_found_in_longer_words(text: str) -> None:
    assert "business" not in texts("BUSINESS").sentence(text).casefold()


def test_an_account_of_digits_is_found_in_a_sentence() -> None:
    known = texts()
    known.learn("CORP\\4711")
    assert known.sentence("User 4711 is locked.") != "User 4711 is locked."
    assert texts().sentence("User 4711 is locked.") == "User 4711 is locked."


def test_a_machine_that_looks_like_a_number_of_hexadecimal_digits() -> None:
    assert texts("0xDEAD").value("0xDEAD").casefold() != "0xdead"
    assert texts().value("0xDEAD") == "0xDEAD"


@pytest.mark.parametrize("code", ["%%2147944122", "-2147024891", "(2147942405)"])
def test_error_codes_stay_in_every_spelling(code: str) -> None:
    assert texts().value(code) == code


@pytest.mark.parametrize("number", ["4999999999", "12345678901", "1234567", "2999999999", "-2999999999"])
def test_other_long_numbers_go(number: str) -> None:
    assert texts().value(number) != number


def test_no_word_of_the_estates_own_name_stays() -> None:
    evidence = bundle(healthy())
    named = evidence.inventory.model_copy(update={"name": "Standard Health Express 2"})
    redacted = redact(evidence.model_copy(update={"inventory": named}), Pseudonyms(chance=random.Random(3)))  # noqa: S311
    words = redacted.inventory.name.casefold().split()

    assert len(words) == 4
    assert not {"standard", "health", "express", "2"} & set(words)


def test_a_port_of_a_server_is_no_name() -> None:
    assert texts("tcp:SQL7,51433").value("51433") == "51433"


def test_a_long_name_is_cut_by_the_letters_that_it_is_written_with() -> None:
    known = Pseudonyms(chance=random.Random(5))  # noqa: S311
    name = "STRA\u1e9eENVERKEHRSNODE1"
    assert known.word(name[:15]) == known.word(name)[:15]


def test_addresses_and_sids_keep_the_case_that_they_are_written_in() -> None:
    known = Pseudonyms(chance=random.Random(5))  # noqa: S311
    assert known.address("2001:DB8::A").isupper()
    assert known.sid("s-1-5-21-1-2-3-1001").startswith("s-1-5-21-")


@pytest.mark.parametrize("seed", range(60))
def test_no_word_stands_for_itself(seed: int) -> None:
    known = Pseudonyms(chance=random.Random(seed))  # noqa: S311
    words = [*"0123456789", "de", "42", "ssosso", "x"]
    assert [word for word in words if known.word(word) == word] == []


@pytest.mark.parametrize(
    ("known", "word"),
    [
        ({"abcdefghijklmno": "sso-aaaaaaaaaaa"}, "abcdefghijklmnopq"),
        ({"sso-abcdefghijk": "sso-zyxwvutsrqp"}, "\u00dfo-abcdefghijklX"),
        ({}, "sso-sso-sso-sso-sso-sso"),
    ],
)
def test_a_mark_of_the_cut_name_does_not_keep_the_long_one_from_having_a_pseudonym(
    known: dict[str, str], word: str
) -> None:
    made = Pseudonyms({"word": known}, chance=random.Random(1))  # noqa: S311
    assert made.word(word).casefold() != word.casefold()


@pytest.mark.parametrize("host", ["192.168.100.60", "tcp:192.168.100.60,1433"])
def test_the_parts_of_an_address_are_no_names(host: str) -> None:
    assert texts(host).sentence("returned 100 rows of 192") == "returned 100 rows of 192"


def test_a_machine_of_digits_behind_a_protocol_is_no_port() -> None:
    assert texts("tcp:7341").value("7341") != "7341"
