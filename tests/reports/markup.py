"""An HTML page as its tags: what stands in it, counted."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass
class Markup(HTMLParser):
    """The start tags of a page, and the text within the tags of interest."""

    tags: list[tuple[str, Attributes]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.append((self.tags[-1][0], data))

    def census(self) -> Counter[str]:
        """How often each tag stands in the page, chips for invisible characters left out."""
        return Counter(tag for tag, attributes in self.tags if attributes.get("class") != "chip")

    def values(self, name: str) -> list[str]:
        """Every value of one attribute, in order."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def text(self, tag: str) -> str:
        """What follows the start tags of one name."""
        return "".join(data for at, data in self.texts if at == tag)


def parse(page: bytes) -> Markup:
    """Parse a rendered page."""
    markup = Markup()
    markup.feed(page.decode())
    markup.close()
    return markup
