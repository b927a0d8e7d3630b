"""Windows machines, reached over WinRM: one shell, one command, every byte bounded and every wait ended.

`endpoint.endpoint` says where, `shell.run` runs a command there. Everything that goes wrong is a `Fault`.
"""
