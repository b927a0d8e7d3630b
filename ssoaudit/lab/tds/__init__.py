"""A SQL Server of the lab, as far as ODBC drivers see one: TDS 7.4 and 8.0, answers from a catalogue.

Written from Microsoft's open specification [MS-TDS],
https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/.
"""
