"""Texts with everything replaced that may identify somebody."""

import ipaddress
import re
from collections.abc import Iterator

from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.redact.pseudonyms import Pseudonyms
from ssoaudit.redact.words import is_compared_word, is_message_word, is_product_word, parts_of

_LETTER = r"0-9A-Za-z_\u00a1-\u1fff\u2070-\U0010ffff"
_TOKEN = re.compile(
    rf"""
    (?<![{_LETTER}-])(?:
        (?P<guid>[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}})(?![{_LETTER}-])
      | (?P<sid>[Ss]-1-\d{{1,15}}(?:-\d{{1,10}}){{1,15}})(?![{_LETTER}-])
      | (?P<mac>[0-9A-Fa-f]{{2}}(?P<between>[:-])(?:[0-9A-Fa-f]{{2}}(?P=between)){{4}}[0-9A-Fa-f]{{2}})(?![{_LETTER}:-])
      | (?P<code>0[xX][0-9A-Fa-f]{{1,16}})(?![{_LETTER}-])
    )
    | (?<![{_LETTER}:.])(?P<ipv6>(?=[0-9A-Fa-f]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:]{{2,39}}(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}})?)
      (?![{_LETTER}:]|\.\d)
    | (?<![{_LETTER}.])(?P<ipv4>\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?!\.?\d)
    | (?<![{_LETTER}.\\])(?P<dotted>[A-Za-z]{{0,16}}\d{{1,3}}(?:\.\d{{1,5}}){{2,15}})(?![{_LETTER}@-]|\.\d)
    | (?P<word>[{_LETTER}][{_LETTER}-]*)
    """,
    re.VERBOSE,
)
_LONG_HEX = re.compile(r"(?=.*[0-9])(?=.*[A-Fa-f])[0-9A-Fa-f]{16,128}")
_NUMBERS = re.compile(r"[\d.,:+ -]+")
_ACCOUNT = re.compile(r"(?P<domain>[^\\/:@\s]{1,64})\\[^\\/:]{1,256}")
_DOTTED = re.compile(r"([A-Za-z]*)([\d.]+)")
_PARTS_OF_ADDRESS, _PARTS_OF_SUBNET, _LARGEST_PART = 4, 3, 255
_LONGEST_NUMBER = 6
_BEFORE_PORT = re.compile(r"(,|(?<!\btcp)(?<!\bnp)(?<!\blpc)(?<!\badmin):)$", re.IGNORECASE)
_CODE = re.compile(r"-214\d{7}|2(1[4-9]|[2-3]\d|40)\d{7}|3(2[2-9]|[3-4]\d)\d{7}")
"""An HRESULT or an NTSTATUS as a decimal number, with its sign or without: `-2147024891` and `2147942405` are one."""

_SHORTEST_NUMBER = 3
_SHORTEST_PART = 4
_LONGEST_NUMBERS = 64


class Texts:
    """Replaces names in values and in sentences.

    In a value only the products' own words stay. In a sentence common words stay, too, unless a value was that word.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._names: set[str] = set()
        self._sure: set[str] = set()
        self._subnets: set[str] = set()

    def learn(self, value: str) -> None:
        """Take the words of a value for names, wherever they stand."""
        self._names.update(word.casefold() for word in _names_in(value))
        self._subnets.update(_subnets_in(value))
        account = _ACCOUNT.fullmatch(value)
        if account:
            self._be_sure_of(account["domain"])

    def learn_host(self, value: str) -> None:
        """Take a computer's name for one, even where a product has the same word; and its domain's."""
        self.learn(value)
        if any(match.lastgroup in ("ipv4", "ipv6") for match in _TOKEN.finditer(value)):
            return
        *labels, last = value.split(".")
        for label in labels or [last]:
            self._be_sure_of(label)

    def _be_sure_of(self, name: str) -> None:
        """A name that is a word or a number elsewhere. What checks compare with stays: else they said another thing."""
        for match in _TOKEN.finditer(name):
            word = match.group().casefold()
            short = len(word) < (_SHORTEST_NUMBER if word.isdigit() else 2)
            is_port = word.isdigit() and _BEFORE_PORT.search(name[: match.start()]) is not None
            if match.lastgroup in ("word", "code") and not (short or is_port or is_compared_word(word)):
                self._sure.add(word)
                self._names.add(word)

    def holds_name(self, text: str) -> bool:
        """Whether one of the text's words was learned as a name."""
        words = (match.group() for match in _TOKEN.finditer(text) if match.lastgroup == "word")
        return any(_without_last_hyphens(word)[0].casefold() in self._names for word in words)

    def title(self, text: str) -> str:
        """A heading of the site's own making: no word of it stays."""
        return _TOKEN.sub(lambda match: self._pseudonyms.word(match.group()), text)

    def holds_part(self, text: str) -> bool:
        """Whether one of the words learned stands anywhere in a text, also within a word."""
        folded = text.casefold()
        return any(len(name) >= _SHORTEST_PART and name in folded for name in self._names)

    def settle(self) -> None:
        """Let no pseudonym hold one of the names learned; to be called before the first is made."""
        self._pseudonyms.avoid(self._names)

    def value(self, text: str) -> str:
        """A value: a name, a path, an address, an expression."""
        return _TOKEN.sub(lambda match: self._replaced(match, sentence=False), text)

    def sentence(self, text: str) -> str:
        """A sentence, in whatever language."""
        return _TOKEN.sub(lambda match: self._replaced(match, sentence=True), text)

    def _replaced(self, match: "re.Match[str]", *, sentence: bool) -> str:
        text = match.group()
        kind = match.lastgroup
        if kind in ("ipv4", "ipv6", "dotted"):
            return self._pseudonyms.address(text) if _is_address(text) else self._dotted(text, sentence=sentence)
        if kind == "guid":
            return self._pseudonyms.guid(text)
        if kind == "sid":
            return self._pseudonyms.sid(text)
        if match.group("mac"):
            return self._pseudonyms.mac(text)
        if kind == "code":
            return self._pseudonyms.word(text) if text.casefold() in self._sure else text
        return self._word(match, sentence=sentence)

    def _dotted(self, text: str, *, sentence: bool) -> str:
        """Numbers with dots between: an address in another spelling, the beginning of one, or a version."""
        match = _DOTTED.fullmatch(text)
        written = match[2].split(".") if match else []
        parts = [part.lstrip("0") or "0" for part in written]
        first, rest = parts[:_PARTS_OF_ADDRESS], parts[_PARTS_OF_ADDRESS:]
        head = self._words(match[1], sentence=sentence) if match else ""
        if len(first) == _PARTS_OF_ADDRESS and all(0 <= int(part) <= _LARGEST_PART for part in first):
            found = self._pseudonyms.address(".".join(first)).split(".")
            # Zeros in front stay: a name to Windows, and no address to those who compare.
            zeros = [len(part) - len(number) for part, number in zip(written, parts, strict=True)]
            return head + ".".join(
                ["0" * more + part for more, part in zip(zeros[: len(found)], found, strict=True)] + rest
            )
        if len(parts) == _PARTS_OF_SUBNET and ".".join(parts) in self._subnets:
            return head + self._pseudonyms.address(f"{'.'.join(parts)}.0").rpartition(".")[0]
        return self._words(text, sentence=sentence)

    def _words(self, text: str, *, sentence: bool) -> str:
        """What only looks like an address."""
        return re.sub(
            rf"[{_LETTER}]+",
            lambda word: word.group() if word.group().isdigit() else self._name(word.group(), sentence=sentence),
            text,
        )

    def _word(self, match: "re.Match[str]", *, sentence: bool) -> str:
        word, rest = _without_last_hyphens(match.group())
        if _is_number(match):
            return match.group() if word.casefold() not in self._names else self._pseudonyms.word(word) + rest
        return self._name(word, sentence=sentence) + rest

    def _name(self, word: str, *, sentence: bool) -> str:
        if len(word) == 1 and word.isascii():
            return word
        parts = {word.casefold(), *parts_of(word)}
        if not self._sure.isdisjoint(parts):
            return self._pseudonyms.word(word)
        if is_product_word(word):
            return word
        if sentence and is_message_word(word) and self._names.isdisjoint(parts):
            return word
        return self._pseudonyms.hexadecimal(word) if _LONG_HEX.fullmatch(word) else self._pseudonyms.word(word)


def _names_in(value: str) -> Iterator[str]:
    """The words of a value that are no product's own."""
    for match in _TOKEN.finditer(value):
        if match.lastgroup == "word":
            word, _ = _without_last_hyphens(match.group())
            if not _is_number(match) and not is_product_word(word) and not (len(word) == 1 and word.isascii()):
                yield word


def _subnets_in(value: str) -> Iterator[str]:
    """The first three parts of the addresses in a value."""
    for match in _TOKEN.finditer(value):
        if match.lastgroup == "ipv4":
            yield match.group().rpartition(".")[0]


def _is_number(match: "re.Match[str]") -> bool:
    """Whether a word is a plain number: short, and no name's place is before or behind it."""
    word, text = match.group(), match.string
    if not (word.isascii() and word.isdigit()):
        return False
    if len(word) > _LONGEST_NUMBER and not _CODE.fullmatch(f"{'-' * text[: match.start()].endswith('-')}{word}"):
        return False
    if len(text) <= _LONGEST_NUMBERS and _NUMBERS.fullmatch(text):
        return True
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    is_account = before == "/" and len(word) == _LONGEST_NUMBER
    return before != "\\" and after not in ("@", "\\") and not is_account


def _without_last_hyphens(word: str) -> tuple[str, str]:
    """A word and the hyphens behind it, which are its own where Windows has cut a name to its 15 characters."""
    bare = word if len(word) == NETBIOS_LENGTH else word.rstrip("-")
    return bare, word[len(bare) :]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
