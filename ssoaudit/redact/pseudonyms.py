"""Pseudonyms: the same for the same original, different for different ones, and of the original's shape."""

import ipaddress
import random
import re
import string
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.facts.guid import NOBODY
from ssoaudit.redact.words import is_message_word

Kinds = Mapping[str, Mapping[str, str]]

NUMBERED = {"interface": 2**64, "prefix": 2**56, "sid": 2**31, "subnet": 2**16}
"""The kinds of originals that have a number for a pseudonym, and what it stays below."""
_SHORTEST = 3
_LONGEST = 64
_MOST_SHORT = 1000
_MOST_TRIES = 16
_MARKED = "sso"
_MARK = re.compile(rf"\b{_MARKED}|{_MARKED}\b", re.IGNORECASE)
"""What stays in a name: a cluster resource is taken for ENTSSO's by it."""
_MOST_GROWN = 4
_HEX = "0123456789abcdef"
_LOWEST_OWN = 1000
_DOMAIN = (4, 5, 6)
_SERVICE = ["5", "80"]
"""A service's own SID is made of the service's name, the same on every machine."""
_MAC = re.compile(r"[:-]")
_KEPT_NETWORKS = tuple(
    ipaddress.ip_network(text) for text in ("127.0.0.0/8", "0.0.0.0/32", "255.0.0.0/8", "::/128", "::1/128")
)
_PRIVATE = ipaddress.IPv4Address("10.0.0.0")
_UNIQUE_LOCAL = ipaddress.IPv6Address("fd00::")
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/10")


class TooManyError(Exception):
    """There are more originals of a kind than pseudonyms; no site has so many."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"it holds more originals of the kind {kind} than there are pseudonyms")


class Pseudonyms:
    """What stands for what. `kinds` is that of an earlier run, which is gone on with; `chance` draws new ones.

    `avoid` are the words of the originals, in lower case: no pseudonym holds one of them by chance.
    """

    def __init__(
        self, kinds: Kinds | None = None, *, chance: random.Random | None = None, avoid: Iterable[str] = ()
    ) -> None:
        self._chance = chance or random.SystemRandom()
        self._avoided = set(avoid)
        self._kinds: dict[str, dict[str, str]] = {kind: dict(known) for kind, known in (kinds or {}).items()}
        self._taken: dict[str, set[str]] = {}

    def avoid(self, words: Iterable[str]) -> None:
        """Let no pseudonym that is made from now on hold one of these words, given in lower case."""
        self._avoided.update(word for word in words if len(word) >= _SHORTEST)
        short = {word for word in self._avoided if len(word) == _SHORTEST}
        if len(short) > _MOST_SHORT:
            self._avoided -= short  # every text holds some of so many: that tells nothing, and takes time to see

    def as_kinds(self) -> dict[str, dict[str, str]]:
        """All pseudonyms by kind of original, for their owner: they undo the redaction."""
        return {kind: dict(sorted(known.items())) for kind, known in sorted(self._kinds.items())}

    def word(self, word: str) -> str:
        """A word: letters become letters and digits digits, in the case of the original.

        Words that are alike but for their case have one pseudonym. Of a word longer than a NetBIOS name the first 15
        characters are those of the pseudonym of what Windows cuts it to. `sso` at the beginning or the end of a word
        stays: checks look for it.
        """
        base = self._word(word)
        if word.upper() == word != word.lower():
            return base.upper()
        return "".join(
            letter.upper() if position < len(word) and word[position].isupper() else letter
            for position, letter in enumerate(base)
        )

    def guid(self, text: str) -> str:
        """A GUID in its own case; the one of all zeros, which is nobody's, stays."""
        key = text.lower()
        if key == NOBODY:
            return text
        found = self._made("guid", key, lambda: re.sub("[0-9a-f]", lambda _: self._chance.choice(_HEX), key))
        return found.upper() if text.upper() == text != key else found

    def hexadecimal(self, text: str) -> str:
        """A long hexadecimal number, such as a thumbprint; 32 digits are those of the GUID that they spell."""
        key = text.lower()
        if len(key) == 32:  # noqa: PLR2004 - the digits of a GUID
            spelled = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
            found = self.guid(spelled).replace("-", "")
        else:
            found = self._made("hexadecimal", key, lambda: "".join(self._chance.choice(_HEX) for _ in key))
        return found.upper() if text.upper() == text != key else found

    def sid(self, text: str) -> str:
        """A SID: what is well-known in it, and every RID below 1000, stays; a domain's SIDs stay one domain's."""
        numbers = text.upper().split("-")
        if numbers[2:4] == _SERVICE:
            return text
        domain = _DOMAIN if numbers[2:4] == ["5", "21"] else ()
        found = [text[0], *numbers[1:4]]
        for position, number in enumerate(numbers[4:], start=4):
            if position in domain or int(number) >= _LOWEST_OWN:
                found.append(
                    self._made("sid", "-".join(numbers[: position + 1]), self._below(_LOWEST_OWN, NUMBERED["sid"]))
                )
            else:
                found.append(number)
        return "-".join(found)

    def mac(self, text: str) -> str:
        """A network card's address: a locally administered one in the original's spelling."""
        key = _MAC.sub("", text).lower()
        found = self._made("mac", key, lambda: f"02{self._chance.randrange(16**10):010x}")
        pairs = [found[place : place + 2] for place in range(0, len(found), 2)]
        spelled = (":" if ":" in text else "-").join(pairs)
        return spelled.upper() if text.upper() == text else spelled

    def address(self, text: str) -> str:
        """An IP address: private, and beside the others of its subnet (/24, /64); loopback and masks stay."""
        original = ipaddress.ip_address(text)
        if any(original in network for network in _KEPT_NETWORKS if network.version == original.version):
            return text
        if isinstance(original, ipaddress.IPv4Address):
            return self._ipv4(original)
        found = self._ipv6(original)
        return found.upper() if text.upper() == text != text.lower() else found

    def _ipv4(self, original: ipaddress.IPv4Address) -> str:
        subnet, host = divmod(int(original), 256)
        net = self._made("subnet", f"{ipaddress.IPv4Address(subnet * 256)}/24", self._below(1, NUMBERED["subnet"]))
        first = _PRIVATE + int(net) * 256
        if host in (0, 255):
            return str(first + host)
        known, taken = self._of_kind("address")
        if str(original) not in known:
            free = [str(first + number) for number in range(1, 255) if str(first + number) not in taken]
            if not free:
                raise TooManyError("address")
            known[str(original)] = self._chance.choice(free)
            taken.add(known[str(original)])
        return known[str(original)]

    def _ipv6(self, original: ipaddress.IPv6Address) -> str:
        subnet, host = divmod(int(original), 2**64)
        interface = int(self._made("interface", f"{host:x}", self._below(1, NUMBERED["interface"])))
        if original in _LINK_LOCAL:
            return str(ipaddress.IPv6Address(subnet * 2**64 + interface))
        net = int(
            self._made("prefix", f"{ipaddress.IPv6Address(subnet * 2**64)}/64", self._below(1, NUMBERED["prefix"]))
        )
        return str(_UNIQUE_LOCAL + net * 2**64 + interface)

    def _word(self, word: str) -> str:
        known, taken = self._of_kind("word")
        key = word.casefold()
        if key not in known:
            # Cut as Windows cuts: by the letters as they are written.
            head = self._word(word[:NETBIOS_LENGTH]) if len(word) > NETBIOS_LENGTH else ""
            known[key] = self._drawn(head, word[:_LONGEST], taken)
            taken.add(known[key])
        return known[key]

    def _drawn(self, head: str, original: str, taken: set[str]) -> str:
        """A pseudonym that nobody has, that is no common word and holds no original.

        Where the originals are so many that every text holds one, that tells nothing: then any is taken in the end.
        """
        kept, marks, grown = _kept(original), _marks(original), ""
        most_marks = max(len(marks), len(_marks(head)))
        while True:
            for _ in range(_MOST_TRIES):
                places = range(len(head), len(original))
                drawn = head + "".join(kept.get(place) or self._letter(original[place]) for place in places)
                candidate = _grown(drawn, grown, before_mark=len(drawn) - len(_MARKED) in marks)
                if candidate in taken or candidate == original.casefold():
                    continue
                tells = is_message_word(candidate) or len(_marks(candidate)) > most_marks or self._tells(candidate)
                if not tells or len(grown) >= _MOST_GROWN:
                    return candidate
            # So many short originals that none of their length is left.
            grown += self._chance.choice(string.ascii_lowercase)

    def _letter(self, original: str) -> str:
        if original in "-_":
            return original
        return self._chance.choice(string.digits if original in string.digits else string.ascii_lowercase)

    def _tells(self, candidate: str) -> bool:
        return any(piece in self._avoided for piece in _pieces(candidate))

    def _below(self, first: int, end: int) -> Callable[[], str]:
        return lambda: str(self._chance.randrange(first, end))

    def _made(self, kind: str, key: str, draw: Callable[[], str]) -> str:
        """The pseudonym of a key of a kind; a new one is drawn until nobody has it."""
        known, taken = self._of_kind(kind)
        if key not in known:
            if len(taken) >= NUMBERED.get(kind, sys.maxsize) - 1:
                raise TooManyError(kind)
            found = draw()
            while found in taken or found == key:
                found = draw()
            known[key] = found
            taken.add(found)
        return known[key]

    def _of_kind(self, kind: str) -> tuple[dict[str, str], set[str]]:
        known = self._kinds.setdefault(kind, {})
        if kind not in self._taken:
            self._taken[kind] = set(known.values())
        return known, self._taken[kind]


def _marks(text: str) -> list[int]:
    """Where a check would know the text for one about ENTSSO."""
    return [found.start() for found in _MARK.finditer(text)]


def _kept(word: str) -> Mapping[int, str]:
    """The letters of the marks by their places, and of a word that may have been cut within one what would begin it."""
    kept = {place + offset: letter for place in _marks(word) for offset, letter in enumerate(_MARKED)}
    if len(word) == NETBIOS_LENGTH:
        begun = len(word) - len(word.casefold().rstrip(_MARKED[0]))
        kept |= {len(word) - back: _MARKED[0] for back in range(1, min(begun, len(_MARKED) - 1) + 1)}
    return kept


def _grown(drawn: str, grown: str, *, before_mark: bool) -> str:
    end = len(drawn) - len(_MARKED) if before_mark else len(drawn)
    return drawn[:end] + grown + drawn[end:]


def _pieces(text: str) -> Iterator[str]:
    """All that stands inside a text, from three characters on."""
    for start in range(len(text) - _SHORTEST + 1):
        for end in range(start + _SHORTEST, len(text) + 1):
            yield text[start:end]
