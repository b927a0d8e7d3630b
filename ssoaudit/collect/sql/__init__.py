"""SSODB, read through an ODBC driver: one connection, one logon, a fixed list of SELECTs.

`reader.read` does it all. Everything that goes wrong is a `Fault`.
"""
