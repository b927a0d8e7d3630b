"""The one place of the version: the installed distribution's."""

from importlib.metadata import version

__version__ = version("ssoaudit")
