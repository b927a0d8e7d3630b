"""That nothing but the project's own SELECTs can reach SQL Server: proved on the texts and on the source."""

import ast
import hashlib
import re
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

import ssoaudit.collect.sql
from ssoaudit.collect.sql import catalogue
from ssoaudit.collect.sql.catalogue import CATALOGUE, SESSION, ForbiddenStatementError, Query, Statement, check
from ssoaudit.collect.sql.grants import grant, grant_script
from ssoaudit.facts.columns import COLUMNS
from ssoaudit.facts.sql_fact import SqlFact

SOURCES = sorted(Path(str(ssoaudit.collect.sql.__file__)).parent.glob("*.py"))

TEXTS = {
    "sql_server": "e4d77a4f6fd0c262818531f5008bc835d7b668278c0220909de26a5541bacacb",
    "sql_session": "d9e34d9c26a590baef2a5bce3318458c2ebf9376d0000ae84620bfd6e210b118",
    "global_info": "55b2ac545ca6968f15ceb975b0da22397d692c068db2050adbd4e57d56bda07c",
    "external_credential_secrets": "71d126065e6e6675c50b54e0360a13c102774e8cecfcecab5d20cd5d350e5f11",
    "windows_password_secrets": "23329de60fbce81a3c0198176348add8a91e3c38decf39807100d15568e7d7ff",
}
"""SHA-256 of each statement: to change what is sent is a reviewed act."""

_HOSTILE = (
    "",
    " ",
    ";",
    "SELECT gi_flags",
    "DELETE FROM $T",
    "DELETE $T",
    "UPDATE $T SET gi_flags = 0",
    "INSERT INTO $T SELECT gi_flags FROM $T",
    "MERGE $T USING $T ON 1 = 1",
    "TRUNCATE TABLE $T",
    "DROP TABLE $T",
    "ALTER TABLE $T ADD x int",
    "CREATE TABLE dbo.x (x int)",
    "EXEC sp_who",
    "EXECUTE xp_cmdshell 'whoami'",
    "sp_who",
    "SHUTDOWN",
    "CHECKPOINT",
    "COMMIT",
    "BEGIN TRAN",
    "BACKUP DATABASE SSODB TO DISK = 'x'",
    "RESTORE DATABASE SSODB FROM DISK = 'x'",
    "GRANT SELECT TO public",
    "DENY SELECT TO public",
    "KILL 55",
    "RECONFIGURE",
    "DBCC FREEPROCCACHE",
    "USE master",
    "WAITFOR DELAY '00:00:10'",
    "SET LOCK_TIMEOUT 0",
    "SET LOCK_TIMEOUT 5000; SHUTDOWN",
    "set lock_timeout 5000",
    "SET DEADLOCK_PRIORITY HIGH",
    "SELECT gi_flags FROM $T; DELETE FROM $T",
    "SELECT gi_flags FROM $T;",
    "SELECT 1 DELETE FROM $T",
    "SELECT gi_flags DELETE FROM $T",
    "SELECT 1 SHUTDOWN",
    "SELECT 1 CHECKPOINT",
    "SELECT 1 COMMIT",
    "SELECT 1 ROLLBACK",
    "SELECT 1 RECONFIGURE",
    "SELECT 1 REVERT",
    "SELECT gi_flags FROM $T TRUNCATE",
    "SELECT gi_flags FROM $T SHUTDOWN",
    "SELECT gi_flags FROM $T CHECKPOINT",
    "SELECT gi_flags INTO dbo.copy FROM $T",
    "SELECT gi_flags INTO gi_flags FROM $T",
    "SELECT ec_password_no_sync FROM dbo.SSOX_ExternalCredentials",
    "SELECT ec_password_with_sync FROM dbo.SSOX_ExternalCredentials",
    "SELECT ec_xa, ec_xu FROM dbo.SSOX_ExternalCredentials",
    "SELECT wp_password FROM dbo.SSOX_WindowsPassword",
    "SELECT CONVERT(nvarchar(128), wp_password) AS number FROM dbo.SSOX_WindowsPassword",
    "SELECT * FROM $T",
    "SELECT COUNT_BIG(*) AS number FROM dbo.SSOX_WindowsPassword",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64",
    "SELECT gi_flags FROM $T UNION SELECT gi_flags FROM $T",
    "SELECT (SELECT gi_flags FROM $T) AS number",
    "SELECT gi_flags FROM $T WITH (TABLOCKX)",
    "SELECT gi_flags FROM $T (HOLDLOCK)",
    "SELECT gi_flags FROM $T FOR XML AUTO",
    "SELECT gi_flags FROM $T OPTION (MAXDOP 1)",
    "SELECT gi_flags FROM $T, dbo.SSOX_Servers",
    "SELECT gi_flags FROM $T, $T, sys.objects",
    "SELECT gi_flags FROM $T, dbo.SSOX_WindowsPassword",
    "SELECT gi_flags FROM $T, $T",
    "SELECT SSOX_GlobalInfo.gi_flags FROM $T",
    "SELECT gi_flags FROM $T.dbo",
    "SELECT number FROM dbo.number",
    "SELECT number FROM dbo",
    "SELECT number FROM number",
    "SELECT wp_msid FROM $T",
    "SELECT gi_flags FROM $T CROSS JOIN $T",
    "SELECT gi_flags FROM SSOX_GlobalInfo",
    "SELECT gi_flags FROM SSODB.dbo.SSOX_GlobalInfo",
    "SELECT gi_flags FROM evil.SSODB.dbo.SSOX_GlobalInfo",
    "SELECT gi_flags FROM dbo.gi_flags",
    "SELECT gi_flags FROM dbo.convert(1)",
    "SELECT name FROM sys.databases",
    "SELECT name FROM master.dbo.sysdatabases",
    "SELECT password_hash FROM sys.sql_logins",
    "SELECT gi_flags FROM OPENROWSET('x', 'y', 'z')",
    "SELECT gi_flags FROM OPENQUERY(evil, 'DELETE')",
    "SELECT gi_flags FROM OPENDATASOURCE('x', 'y').a.dbo.b",
    "SELECT NEXT VALUE FOR dbo.sequence",
    "SELECT DECRYPTBYKEY(gi_flags) AS number",
    "SELECT dbo.fn(1) AS number",
    "SELECT @@VERSION AS number",
    "DECLARE @x int SELECT @x = gi_flags",
    "SELECT #x",
    "SELECT [gi_flags] FROM [dbo].[SSOX_GlobalInfo]",
    'SELECT "gi_flags" FROM dbo.SSOX_GlobalInfo',
    "SELECT gi_flags -- x\nFROM $T",
    "SELECT gi_flags /* x */ FROM $T",
    "SELECT gi_flags FROM $T -- x",
    "SELECT 'a''b' AS number",
    "SELECT 'a; SHUTDOWN' AS number",
    "SELECT N'\u2019; SHUTDOWN' AS number",
    "SELECT 'open AS number",
    "SELECT 0x41 AS number",
    "SELECT 1 + 1 AS number",
    "SELECT gi_flags\u00a0FROM dbo.SSOX_GlobalInfo",
    "SELECT gi_flags\x00",
    "S\u0415LECT gi_flags",
    "WITH x AS (SELECT gi_flags FROM dbo.SSOX_GlobalInfo) SELECT gi_flags FROM x",
    "GO",
    ":r evil.sql",
    "{call sp_who}",
    "{fn user()}",
)
HOSTILE = tuple(text.replace("$T", "dbo.SSOX_GlobalInfo") for text in _HOSTILE)
_VERBS = (
    "add alter backup begin break bulk checkpoint close commit continue create dbcc deallocate declare delete deny "
    "disable drop enable end exec execute fetch get go goto grant if insert into kill lineno load merge move open "
    "print raiserror readtext receive reconfigure rename restore return revert revoke rollback save select send set "
    "setuser shutdown throw truncate try catch union update updatetext use waitfor while with writetext option for "
    "next openrowset openquery opendatasource openxml"
)
VERBS = frozenset(_VERBS.split())


TOP = re.compile(r"SELECT TOP \((\d+)\) ")


def parsed(text: str) -> exp.Select:
    (tree,) = sqlglot.parse(text, read="tsql")
    assert type(tree) is exp.Select
    return tree


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_is_one_plain_select(query: Query) -> None:
    tree = parsed(query.text)

    assert [type(node) for node in tree.find_all(exp.Query)] == [exp.Select]
    forbidden = (exp.Into, exp.Parameter, exp.Star, exp.Join, exp.With, exp.Hint, exp.Lock, exp.Command, exp.Where)
    assert list(tree.find_all(*forbidden)) == []


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_reads_only_readable_columns_of_one_readable_table(query: Query) -> None:
    tree = parsed(query.text)
    tables = [(table.catalog, table.db, table.name) for table in tree.find_all(exp.Table)]

    assert tables == ([("", "dbo", query.table)] if query.table else [])
    readable = COLUMNS[query.table] if query.table else ()
    assert {column.name for column in tree.find_all(exp.Column)} <= set(readable)


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_calls_only_listed_functions(query: Query) -> None:
    called = {
        node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        for node in parsed(query.text).find_all(exp.Func)
    }
    written = {word.lower() for word in catalogue._tokens(query.text)} & catalogue.FUNCTIONS

    assert len(called) <= len(written)
    anonymous = {node.name.lower() for node in parsed(query.text).find_all(exp.Anonymous)}
    assert anonymous <= catalogue.FUNCTIONS


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_gives_the_columns_of_its_model(query: Query) -> None:
    assert tuple(select.alias_or_name for select in parsed(query.text).selects) == query.columns


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_asks_for_no_more_rows_than_it_takes_to_see_too_many(query: Query) -> None:
    top = TOP.match(query.text)

    assert query.model.maximum_rows == {None: 1, "2": 2, "1001": 1000}[top[1] if top else None]


@pytest.mark.parametrize("text", HOSTILE)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ForbiddenStatementError):
        Statement(text)
    with pytest.raises(ForbiddenStatementError):
        Query(text, CATALOGUE[0].model)


def test_the_parser_alone_would_let_much_of_that_through() -> None:
    def is_select(text: str) -> bool:
        try:
            return [type(tree) for tree in sqlglot.parse(text, read="tsql")] == [exp.Select]
        except sqlglot.errors.SqlglotError:
            return False

    assert sum(is_select(text) for text in HOSTILE) > 20


@given(
    st.sampled_from(CATALOGUE),
    st.sampled_from([*sorted(VERBS), ";", "--", "/*", "*", "@x", "#x", "[x]", '"x"', "=", "{", "'", "\0", "\u2019"]),
    st.data(),
)
def test_nothing_can_be_slipped_into_a_query(query: Query, intruder: str, data: st.DataObject) -> None:
    words = query.text.split(" ")
    place = data.draw(st.integers(0, len(words)))

    with pytest.raises(ForbiddenStatementError):
        check(" ".join([*words[:place], intruder, *words[place:]]))


def test_no_verb_of_sql_but_select_is_a_word_of_the_guard() -> None:
    assert sorted(VERBS & catalogue.WORDS) == ["select"]


def test_no_encrypted_column_is_a_word_of_the_guard() -> None:
    assert not {
        word for word in catalogue.WORDS if "password_" in word or word in ("wp_password", "ec_xu", "ec_xa")
    } - {"ssox_windowspassword"}


def test_the_texts_are_those_that_were_reviewed() -> None:
    assert {query.model.topic: hashlib.sha256(query.text.encode()).hexdigest() for query in CATALOGUE} == TEXTS
    assert [setting.text for setting in SESSION] == ["SET LOCK_TIMEOUT 5000", "SET DEADLOCK_PRIORITY LOW"]


def test_every_query_is_a_topic_of_its_own() -> None:
    assert tuple(query.model for query in CATALOGUE) == catalogue.TOPICS
    assert set(catalogue.TOPICS) == set(SqlFact.__subclasses__())


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def test_one_line_of_the_package_sends_sql_and_it_sends_a_statement() -> None:
    trees = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    sent = [(name, ast.unparse(call)) for name, tree in trees.items() for call in calls(tree, "execute")]

    assert sent == [("session.py", "cursor.execute(statement.text)")]
    for tree in trees.values():
        for forbidden in ("executemany", "callproc", "commit", "rollback", "setinputsizes", "execute_many"):
            assert calls(tree, forbidden) == []


def test_one_module_opens_the_door_to_pyodbc() -> None:
    named = [
        path.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import | ast.ImportFrom) and "pyodbc" in ast.unparse(node))
        or (isinstance(node, ast.Constant) and node.value == "pyodbc")
    ]

    assert named == ["odbc.py"]


def test_no_sql_is_put_together() -> None:
    """Formatted texts that begin like SQL exist only in the GRANT script, which is shown, never sent."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr | ast.BinOp):
                starts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                first = str(starts[0]).split(" ")[0] if starts else ""
                sql = first in (
                    "SELECT",
                    "SET",
                    "GRANT",
                    "CREATE",
                    "USE",
                    "ALTER",
                    "EXEC",
                    "INSERT",
                    "UPDATE",
                    "DELETE",
                )
                assert not sql or path.name == "grants.py", ast.unparse(node)


def test_grants_cover_what_is_read_and_nothing_else() -> None:
    for table, columns in COLUMNS.items():
        assert grant(table) == f"GRANT SELECT ON dbo.{table} ({', '.join(columns)}) TO ssoaudit_reader;"


def test_the_grant_script_is_for_one_account() -> None:
    script = grant_script("CONTOSO\\svc]audit")

    assert script.splitlines()[:3] == [
        "CREATE LOGIN [CONTOSO\\svc]]audit] FROM WINDOWS;",
        "USE [SSODB];",
        "CREATE USER [CONTOSO\\svc]]audit] FOR LOGIN [CONTOSO\\svc]]audit];",
    ]
    assert all(grant(table) in script for table in COLUMNS)
    for account in ("", "a\nGO", "a\u202eb"):
        with pytest.raises(ValueError, match="do not show"):
            grant_script(account)
