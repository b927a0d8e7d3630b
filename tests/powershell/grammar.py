"""PowerShell as tree-sitter parses it: the nearest to its own parser that can be had without it."""

from collections.abc import Iterator

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_powershell.language()))


def nodes(source: str) -> list[Node]:
    """Every node of the syntax tree, each before those below it."""
    return list(walk(_PARSER.parse(source.encode()).root_node))


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node | None) -> str:
    """The source of a node."""
    return (node.text or b"").decode() if node is not None else ""


def flaws(source: str) -> list[str]:
    """What the parser does not understand, with its line."""
    return [
        f"line {node.start_point.row + 1}: {text(node)!r}" for node in nodes(source) if node.is_error or node.is_missing
    ]


def functions(source: str) -> dict[str, Node]:
    """The functions by name."""
    return {text(node.children[1]): node for node in nodes(source) if node.type == "function_statement"}


def arguments(command: Node) -> list[str]:
    """The arguments of a command, parameters included, as they stand there."""
    found = []
    for elements in (child for child in command.children if child.type == "command_elements"):
        for element in elements.children:
            if element.type != "command_argument_sep":
                found.append(text(element))
            else:
                found += [text(child) for child in element.children if child.is_named]
    return found


def commands(source: str) -> list[tuple[str, list[str]]]:
    """Every command with its arguments."""
    return [(text(node.children[0]), arguments(node)) for node in nodes(source) if node.type == "command"]
