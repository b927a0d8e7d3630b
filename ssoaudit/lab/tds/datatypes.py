"""What `sp_datatype_info` tells of the types: pyodbc asks for four of them on every connection.

The columns are those of
https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-datatype-info-transact-sql.
"""

from ssoaudit.lab.tds.answers import Column, Table

ALL = 0

_COLUMNS = (
    Column("TYPE_NAME", "nvarchar"),
    Column("DATA_TYPE", "int"),
    Column("PRECISION", "int"),
    Column("LITERAL_PREFIX", "nvarchar"),
    Column("LITERAL_SUFFIX", "nvarchar"),
    Column("CREATE_PARAMS", "nvarchar"),
    Column("NULLABLE", "int"),
    Column("CASE_SENSITIVE", "int"),
    Column("SEARCHABLE", "int"),
    Column("UNSIGNED_ATTRIBUTE", "int"),
    Column("MONEY", "int"),
    Column("AUTO_INCREMENT", "int"),
    Column("LOCAL_TYPE_NAME", "nvarchar"),
    Column("MINIMUM_SCALE", "int"),
    Column("MAXIMUM_SCALE", "int"),
    Column("SQL_DATA_TYPE", "int"),
    Column("SQL_DATETIME_SUB", "int"),
    Column("NUM_PREC_RADIX", "int"),
    Column("INTERVAL_PRECISION", "int"),
    Column("USERTYPE", "int"),
)
_TYPES = (
    ("uniqueidentifier", -11, 36, "'", "'"),
    ("nvarchar", -9, 4000, "N'", "'"),
    ("bit", -7, 1, None, None),
    ("bigint", -5, 19, None, None),
    ("varbinary", -3, 8000, "0x", None),
    ("int", 4, 10, None, None),
    ("varchar", 12, 8000, "'", "'"),
    ("datetime2", 93, 27, "'", "'"),
    ("datetime", 93, 23, "'", "'"),
)


def datatypes(number: int) -> Table:
    """The types with this number of ODBC, or all."""
    return Table(_COLUMNS, tuple(_row(*kind) for kind in _TYPES if number in {ALL, kind[1]}))


def _row(name: str, number: int, precision: int, prefix: str | None, suffix: str | None) -> tuple[object | None, ...]:
    told = (name, number, precision, prefix, suffix, None, 1, 0, 3, None, 0, None, name)
    return (*told, None, None, number, None, None, None, 0)
