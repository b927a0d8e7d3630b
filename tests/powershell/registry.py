"""HKEY_LOCAL_MACHINE as `StdRegProv` tells of it: the keys that a machine's facts were read from."""

from collections.abc import Iterator
from dataclasses import dataclass, field

STRING, BINARY, DWORD, STRINGS = 1, 3, 4, 7
Content = str | bytes | int | tuple[str, ...]
_KINDS = {str: STRING, bytes: BINARY, int: DWORD, tuple: STRINGS}


@dataclass
class Registry:
    """Keys by their path, each with its values; `denied` are those that may not be read."""

    keys: dict[str, dict[str, Content]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def add(self, path: str, **values: Content | None) -> None:
        """Make a key, and the keys above it; a value of None is not there."""
        self.put(path, values)

    def put(self, path: str, values: "dict[str, Content | None]") -> None:
        """As `add`, for names that are no words of Python."""
        parts = path.split("\\")
        for length in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:length]), {})
        self.keys[path].update({name: value for name, value in values.items() if value is not None})

    def remove(self, path: str) -> None:
        """Take a key away, with all below it."""
        self.keys = {
            known: values for known, values in self.keys.items() if known != path and not known.startswith(f"{path}\\")
        }

    def primitives(self) -> Iterator[dict[str, object]]:
        """Each key with the names below it, and its values; what is empty is None, as WMI has it."""
        for path, values in self.keys.items():
            yield {
                "path": path,
                "is_denied": path in self.denied,
                "subkeys": self._below(path) or None,
                "names": list(values) or None,
                "types": [_KINDS[type(value)] for value in values.values()] or None,
                "contents": [
                    {"name": name, "type": _KINDS[type(value)], "content": value} for name, value in values.items()
                ],
            }

    def _below(self, path: str) -> list[str]:
        return [known.rpartition("\\")[2] for known in self.keys if known.rpartition("\\")[0] == path]
