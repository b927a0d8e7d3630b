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
from ssoaudit.collect.sql.grants import grant, grant_script, login_script
from ssoaudit.facts.availability_group import AvailabilityGroup
from ssoaudit.facts.columns import COLUMNS, OWN_ROW, Database
from ssoaudit.facts.database_properties import DatabaseProperties
from ssoaudit.facts.sql_fact import SqlFact

READABLE = {table: columns for tables in COLUMNS.values() for table, columns in tables.items()}
CONDITIONS = {exp.Where, exp.And, exp.EQ, exp.Column, exp.Identifier, exp.Literal, exp.National, exp.Anonymous}
SOURCES = sorted(Path(str(ssoaudit.collect.sql.__file__)).parent.glob("*.py"))

TEXTS = {
    "sql_server": "e4d77a4f6fd0c262818531f5008bc835d7b668278c0220909de26a5541bacacb",
    "sql_session": "d9e34d9c26a590baef2a5bce3318458c2ebf9376d0000ae84620bfd6e210b118",
    "global_info": "55b2ac545ca6968f15ceb975b0da22397d692c068db2050adbd4e57d56bda07c",
    "global_info_change": "8e3ce0a7dc9ccdce0b883d1381ac2fdf3cda1704dc1febbb39d4593214694598",
    "external_credential_secrets": "71d126065e6e6675c50b54e0360a13c102774e8cecfcecab5d20cd5d350e5f11",
    "windows_password_secrets": "23329de60fbce81a3c0198176348add8a91e3c38decf39807100d15568e7d7ff",
    "sso_servers": "e3d0a27bda50aea64493388d51f7f895cbd4b81eda7b3570da0eec619fb7eea7",
    "database_properties": "195ebd92a7d95ae01d28078dd04071321a994d3f1ed3b1dae14237c327e337fd",
    "availability_group": "f27e3d227537450477ddf51bfeea437002de0c5d1c677f62c18791e3ca3d1a65",
    "audit_rights": "a34bdf6cff5adb81ed3678e5e24cbfd8a73cf26d29f90c3dd4e1a524b2b47f89",
    "schema_version": "3b9423700a4bb380668b2b628616915af532bebf93a5d136f685c118339247a1",
    "ssodb_backups": "1b22add4909514745be763c07cb78b348849f2f422e22225df1ddb0fbf224783",
    "biztalk_group": "84749721c97b115be8cc5f6e14931c5290682b6c13f76fe069f1346d6de92c5e",
    "biztalk_servers": "d513bed35149171b590ec9ba24f45c6b9620e3f8e5539944d5a3ca15711f778c",
    "biztalk_hosts": "6f4948fb5c167f542a52748e0c4b9f7e4d9154502e052844b3481b7d8aa2af6c",
    "biztalk_host_mappings": "43bf8150e3c551ea5fb4fca831863f43d67e382c944f476f9568b050decaf576",
    "biztalk_host_instances": "04cb62ea009e29b45416dd3a11a19f2499f07e990efbb21e4d1869266250d5a9",
    "message_boxes": "5a7be5be991faa5efa90bd17148927a1d952eada33d639fa9e9a04c03f70d3ed",
    "backup_databases": "0ad1199d1ec9d1c18c024acb024ff2cf0cb93cd3a1bf707c8f9b4730cde6a6ef",
    "other_backup_databases": "b766fd4987e311b09b8c59667e7397577ad42090465514f0480e7541f55c4d02",
    "backup_history": "e1772c5f922991116da0dc748bd8c13c12094223f379112494f49a21410e1367",
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
    "SELECT 'a' 'b'",
    "SELECT N'a' AS number",
    "SELECT 1 AS number",
    "SELECT TOP (1) gi_flags FROM $T gi_flags",
    "SELECT TOP (1) gi_flags FROM $T (gi_flags)",
    "SELECT TOP (1) gi_flags FROM $T, getdate()",
    "SELECT TOP (1) gi_flags FROM $T, convert(int, 1)",
    "SELECT TOP (1) gi_flags FROM $T AS number",
    "SELECT TOP (1) gi_flags FROM $T, $T",
    "SELECT TOP (1) gi_flags, number FROM $T",
    "SELECT TOP (1) gi_flags gi_SecretServer FROM $T",
    "SELECT TOP (1) gi_flags N'x' FROM $T",
    "SELECT TOP (1) gi_flags, FROM $T",
    "SELECT TOP (1) TOP (1) gi_flags FROM $T",
    "SELECT gi_flags FROM $T GROUP BY TOP (1)",
    "SELECT TOP (1) gi_flags FROM $T ORDER BY 1",
    "SELECT TOP (1) gi_flags FROM $T ORDER BY GETDATE()",
    "SELECT TOP (1) gi_flags FROM $T ORDER BY gi_flags GROUP BY gi_flags",
    "SELECT TOP (1) gi_flags FROM $T WHERE gi_flags = 64 AND gi_flags",
    "SELECT TOP (1) gi_flags FROM $T WHERE gi_SecretServer = DB_NAME()",
    "SELECT TOP (1) gi_flags FROM $T WHERE name = DB_NAME()",
    "SELECT TOP (1) SSOX_GlobalInfo FROM $T",
    "SELECT TOP (1) wp_msid FROM dbo.SSOX_GlobalInfo",
    "SELECT DB_NAME(5)",
    "SELECT DB_NAME(1) AS database_name",
    "SELECT SUSER_SNAME(1) AS login_name",
    "SELECT GETDATE(1) AS local_time",
    "SELECT OBJECT_ID() AS audit_table",
    "SELECT CONVERT(varbinary, 1) AS number",
    "SELECT CONVERT(nvarchar, SUSER_SNAME()) AS login_name",
    "SELECT QUOTENAME AS number",
    "SELECT is_sysadmin",
    "SELECT int AS number",
    "SELECT TOP (1) name FROM sys.databases WHERE name = DB_NAME() ORDER BY name",
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
    "SELECT gi_flags FROM $T WHERE gi_flags > 64",
    "SELECT gi_flags FROM $T WHERE gi_flags = gi_flags",
    "SELECT gi_flags FROM $T WHERE gi_flags = (SELECT MAX(gi_flags) FROM $T)",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64 OR gi_flags = 2",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64 AND",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64 AND gi_SecretServer LIKE 'a'",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64 gi_flags = 2",
    "SELECT gi_flags FROM $T WHERE gi_flags = 64 WHERE gi_flags = 64",
    "SELECT gi_flags FROM $T WHERE gi_SecretServer = SUSER_SNAME()",
    "SELECT gi_flags FROM $T WHERE gi_SecretServer = N'a''b'",
    "SELECT gi_flags FROM $T WHERE gi_SecretServer = N'a; SHUTDOWN'",
    "SELECT gi_flags FROM $T WHERE gi_SecretServer = N'a' DELETE FROM $T",
    "SELECT gi_flags FROM $T WHERE gi_SecretServer = 'x' COLLATE Latin1_General_BIN",
    "SELECT gi_flags FROM $T WHERE wp_msid = 1",
    "SELECT gi_flags FROM $T WHERE EXISTS (SELECT 1)",
    "SELECT gi_flags FROM $T WHERE CURRENT OF cursor_name",
    "SELECT number = gi_flags FROM $T",
    "SELECT gi_flags AS DELETE FROM $T",
    "SELECT gi_flags AS dbo FROM $T",
    "SELECT gi_flags AS [number] FROM $T",
    "SELECT gi_flags AS 'number' FROM $T",
    "SELECT gi_flags number FROM $T",
    "SELECT gi_flags FROM $T number",
    "SELECT gi_flags FROM $T AS x",
    "SELECT name FROM sys.databases WHERE name = N'master'",
    "SELECT name FROM sys.databases WHERE name = DB_NAME() AND name = N'master'",
    "SELECT name FROM sys.databases WHERE is_read_only = 0",
    "SELECT name, owner_sid FROM sys.databases WHERE name = DB_NAME()",
    "SELECT name FROM sys.databases, sys.databases WHERE name = DB_NAME()",
    "SELECT name FROM sys.databases GROUP BY name ORDER BY name",
    "SELECT name FROM dbo.databases WHERE name = DB_NAME()",
    "SELECT gi_flags FROM sys.SSOX_GlobalInfo",
    "SELECT name FROM sys.sysdatabases WHERE name = DB_NAME()",
    "SELECT name FROM sys.all_objects",
    "SELECT definition FROM sys.sql_modules",
    "SELECT table_name FROM information_schema.tables",
    "SELECT text FROM sys.dm_exec_sql_text(1)",
    "SELECT gi_flags FROM $T CROSS APPLY dbo.fn(1)",
    "SELECT gi_flags FROM $T OUTER APPLY sys.dm_exec_sql_text(1)",
    "SELECT Name FROM $T",
    "SELECT LoginName FROM dbo.adm_HostInstance",
    "SELECT LastUsedLogon FROM dbo.adm_Host",
    "SELECT Name FROM BizTalkMgmtDb.dbo.adm_Host",
    "SELECT Name FROM BizTalkMgmtDb..adm_Host",
    "SELECT database_name FROM msdb.dbo.backupset",
    "SELECT user_name FROM dbo.backupset",
    "SELECT at_client_user FROM dbo.SSOX_AuditTable",
    "SELECT gi_flags FROM $T TABLESAMPLE (1 ROWS)",
    "SELECT gi_flags FROM $T FOR SYSTEM_TIME ALL",
    "SELECT gi_flags FROM $T FOR JSON PATH",
    "SELECT gi_flags FROM $T FOR BROWSE",
    "SELECT gi_flags FROM $T COMPUTE MAX(gi_flags)",
    "SELECT gi_flags FROM $T HAVING 1 = 1",
    "SELECT gi_flags FROM $T EXCEPT SELECT gi_flags FROM $T",
    "SELECT ALL gi_flags FROM $T",
    "SELECT DISTINCT gi_flags FROM $T",
    "SELECT TOP (1) PERCENT gi_flags FROM $T",
    "SELECT CAST(gi_flags AS int) AS number FROM $T",
    "SELECT CASE gi_flags WHEN 1 THEN 2 END AS number FROM $T",
    "SELECT EVENTDATA() AS number",
    "SELECT ORIGINAL_DB_NAME() AS database_name",
    "SELECT OPENJSON('x') AS number",
    "SELECT xp_cmdshell('x') AS number",
    "SELECT OBJECT_DEFINITION(1) AS number",
    "SELECT gi_flags & 2 AS number FROM $T",
    "SELECT ~gi_flags AS number FROM $T",
    "SELECT gi_flags AS number FROM $T\nGO\nSHUTDOWN",
    "SELECT gi_flags\tFROM $T",
    "SELECT gi_flags FROM $T\\",
    "SELECT N'a\u0000' AS number",
    "SELECT \uff07a\uff07 AS number",
    "\uff33ELECT gi_flags FROM $T",
    "SELECT gi_flags FROM $T \u2014 x",
    "SELECT gi_flag\u017f FROM $T",
    "SELECT gi_flags FROM dbo\u2024SSOX_GlobalInfo",
    "SELECT \u202egi_flags FROM $T",
    "SELECT $IDENTITY FROM $T",
    "SELECT {fn NOW()} AS number",
    "SELECT gi_flags FROM :: fn_helpcollations()",
    "SELECT gi_flags FROM $T WAITFOR DELAY '0:0:9'",
    "SELECT 1e9 AS number",
    "SELECT -1 AS number",
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
_WRITTEN = tuple(text.replace("$T", "dbo.SSOX_GlobalInfo") for text in _HOSTILE)
HOSTILE = tuple(dict.fromkeys((*_WRITTEN, *(re.sub(r"^SELECT (?!TOP)", "SELECT TOP (1) ", text) for text in _WRITTEN))))
"""Each as it is, and with the TOP that a table demands: to lack it must not be what every one is refused for."""
_VERBS = (
    "add alter backup begin break bulk checkpoint close commit continue create dbcc deallocate declare delete deny "
    "disable drop enable end exec execute fetch get go goto grant if insert into kill lineno load merge move open "
    "print raiserror readtext receive reconfigure rename restore return revert revoke rollback save select send set "
    "setuser shutdown throw truncate try catch union update updatetext use waitfor while with writetext option for "
    "next openrowset openquery opendatasource openxml"
)
VERBS = frozenset(_VERBS.split())
INTRUDERS = (";", "--", "/*", "*", "@x", "#x", "[x]", '"x"', "=", "where", "and", "{", "'", "\0", "\u2019")
ENCRYPTED = frozenset({"ec_password_with_sync", "ec_password_no_sync", "wp_password", "ec_xa", "ec_xu"})
ASKED_FOR = {"ec_password_with_sync", "ec_password_no_sync", "wp_password"}
"""Whether the login may read these is asked for, as a text: see `audit_rights.sql`."""

TOP = re.compile(r"SELECT TOP \((\d+)\) ")


def parsed(text: str) -> exp.Select:
    (tree,) = sqlglot.parse(text, read="tsql")
    assert type(tree) is exp.Select
    return tree


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_is_one_plain_select(query: Query) -> None:
    tree = parsed(query.text)

    assert [type(node) for node in tree.find_all(exp.Query)] == [exp.Select]
    forbidden = (exp.Into, exp.Parameter, exp.Star, exp.Join, exp.With, exp.Hint, exp.Lock, exp.Command)
    assert list(tree.find_all(*forbidden, exp.Or, exp.Not)) == []


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_reads_only_readable_columns_of_one_readable_table(query: Query) -> None:
    tree = parsed(query.text)
    tables = [(table.catalog, table.db, table.name) for table in tree.find_all(exp.Table)]

    own = query.model in (DatabaseProperties, AvailabilityGroup)
    assert tables == ([("", "dbo", query.table)] if query.table else [("", "sys", "databases")] if own else [])
    readable = READABLE[query.table] if query.table else OWN_ROW if own else ()
    assert {column.name for column in tree.find_all(exp.Column)} <= set(readable)


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_condition_compares_a_column_with_what_is_written_there(query: Query) -> None:
    where = parsed(query.text).find(exp.Where)
    compared = [each.sql("tsql") for each in where.find_all(exp.EQ)] if where else []

    assert compared == {
        "global_info_change": ["at_source_table = N'SSOX_GlobalInfo'", "at_audit_type = 1"],
        "database_properties": ["name = DB_NAME()"],
        "availability_group": ["name = DB_NAME()"],
    }.get(query.model.topic, [])
    assert where is None or {type(each) for each in where.walk()} <= CONDITIONS


def test_every_readable_column_is_read_and_no_other() -> None:
    read: dict[str, set[str]] = {}
    for query in CATALOGUE:
        if query.table:
            columns = {column.name for column in parsed(query.text).find_all(exp.Column)}
            read.setdefault(query.table, set()).update(columns)

    assert {table: set(columns) for table, columns in READABLE.items()} == read


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_calls_only_listed_functions(query: Query) -> None:
    called = {
        node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        for node in parsed(query.text).find_all(exp.Func)
        if not isinstance(node, exp.Connector)
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

    assert query.model.maximum_rows == {None: 1, "2": 2}.get(top[1] if top else None, int(top[1]) - 1 if top else 1)


@pytest.mark.parametrize("text", HOSTILE)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ForbiddenStatementError):
        Statement(text)
    for database in (*Database, None):
        with pytest.raises(ForbiddenStatementError):
            Query(text, CATALOGUE[0].model, database)


@pytest.mark.parametrize("query", [query for query in CATALOGUE if query.table], ids=lambda query: query.model.topic)
def test_a_table_is_read_up_to_a_number_of_rows(query: Query) -> None:
    with pytest.raises(ForbiddenStatementError, match="no TOP"):
        check(TOP.sub("SELECT ", query.text), query.database)


def test_the_list_is_long_and_each_text_another() -> None:
    assert len(set(_HOSTILE)) == len(_HOSTILE) > 185
    assert len(HOSTILE) > 300


def test_what_a_condition_may_be_is_let_through() -> None:
    text = "SELECT TOP (2) gi_flags FROM dbo.SSOX_GlobalInfo WHERE gi_flags = 64 AND gi_SecretServer = N'A' ORDER BY $"
    check(text.replace("$", "gi_flags"), Database.SSODB)
    for other in (Database.MSDB, Database.BIZTALK, None):
        with pytest.raises(ForbiddenStatementError):
            check(text.replace("$", "gi_flags"), other)


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.model.topic)
def test_a_query_is_for_the_database_that_has_its_table(query: Query) -> None:
    for database in (*Database, None):
        if query.table is None or database is query.database:
            check(query.text, database)
        else:
            with pytest.raises(ForbiddenStatementError):
                check(query.text, database)


def test_the_parser_alone_would_let_much_of_that_through() -> None:
    def is_select(text: str) -> bool:
        try:
            return [type(tree) for tree in sqlglot.parse(text, read="tsql")] == [exp.Select]
        except sqlglot.errors.SqlglotError:
            return False

    assert sum(is_select(text) for text in HOSTILE) > 20


@given(
    st.sampled_from(CATALOGUE),
    st.sampled_from([*sorted(VERBS), *INTRUDERS]),
    st.data(),
)
def test_nothing_can_be_slipped_into_a_query(query: Query, intruder: str, data: st.DataObject) -> None:
    words = query.text.split(" ")
    place = data.draw(st.integers(0, len(words)))

    with pytest.raises(ForbiddenStatementError):
        check(" ".join([*words[:place], intruder, *words[place:]]), query.database)


def test_no_verb_of_sql_but_select_is_a_word_of_the_guard() -> None:
    assert sorted(VERBS & catalogue.WORDS) == ["select"]


def test_no_encrypted_column_is_a_word_of_the_guard() -> None:
    assert not catalogue.WORDS & ENCRYPTED
    assert ENCRYPTED & {word for query in CATALOGUE for word in re.findall(r"\w+", query.text)} == ASKED_FOR


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


def test_a_table_belongs_to_one_database() -> None:
    tables = [table for database in COLUMNS.values() for table in database]
    assert len(tables) == len(set(tables))


def test_grants_cover_what_is_read_and_nothing_else() -> None:
    for table, columns in READABLE.items():
        assert grant(table) == f"GRANT SELECT ON dbo.{table} ({', '.join(columns)}) TO ssoaudit_reader;"


@pytest.mark.parametrize("database", Database)
def test_the_grant_script_of_one_database(database: Database) -> None:
    names = {Database.SSODB: "SSODB", Database.BIZTALK: "BizTalkMgmtDb", Database.MSDB: "msdb"}
    where, *lines = grant_script("CONTOSO\\o'svc]audit", [database]).splitlines()
    assert where.startswith("-- On the SQL Server that holds ")
    assert lines == [
        "IF SUSER_ID(N'CONTOSO\\o''svc]audit') IS NULL CREATE LOGIN [CONTOSO\\o'svc]]audit] FROM WINDOWS;",
        f"USE [{names[database]}];",
        "CREATE USER [CONTOSO\\o'svc]]audit] FOR LOGIN [CONTOSO\\o'svc]]audit];",
        "CREATE ROLE ssoaudit_reader;",
        "ALTER ROLE ssoaudit_reader ADD MEMBER [CONTOSO\\o'svc]]audit];",
        *(grant(table) for table in COLUMNS[database]),
        "GO",
    ]


def test_the_grant_script_of_all_databases_is_a_batch_for_each() -> None:
    script = grant_script("CONTOSO\\svc")

    assert script == "".join(grant_script("CONTOSO\\svc", [database]) for database in Database)
    batches = script.split("GO\n")[:-1]
    assert [batch.count("USE [") for batch in batches] == [1, 1, 1], "where one database is elsewhere the others stay"


def test_of_another_server_only_the_login_is_made() -> None:
    where, *lines = login_script("CONTOSO\\svc").splitlines()
    assert "replica" in where
    assert "MessageBox" in where
    assert lines == ["IF SUSER_ID(N'CONTOSO\\svc') IS NULL CREATE LOGIN [CONTOSO\\svc] FROM WINDOWS;", "GO"]


def test_a_sql_login_is_made_by_its_administrator() -> None:
    assert "CREATE LOGIN" not in grant_script("ssoaudit") + login_script("ssoaudit")


@pytest.mark.parametrize("account", ["", "a\nGO", "a\u202eb", "a" * 129])
def test_the_grant_script_is_for_names_that_show(account: str) -> None:
    with pytest.raises(ValueError, match="do not show"):
        grant_script(account)
    with pytest.raises(ValueError, match="do not show"):
        login_script(account)
