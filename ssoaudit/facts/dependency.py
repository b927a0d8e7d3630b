"""What a cluster resource depends on: the AND/OR expressions of a failover cluster."""

import re
from collections import deque

Alternatives = frozenset[str]
_TOKEN = re.compile(r"\s*(?:\[([^\[\]]+)\]|(\(|\)|and\b|or\b))", re.IGNORECASE)


def parse_dependencies(expression: str | None) -> tuple[Alternatives, ...]:
    """The parts of a dependency expression: all of them must be online, of each part one alternative.

    The grammar is the one of `SetClusterResourceDependencyExpression`: parts joined by `and`, each `[id]` or
    `([id] or [id] …)`. Ids come lower case. Nothing (None, blank) is no dependency. Raises `ValueError` for
    anything else.
    """
    tokens = _tokens(expression or "")
    parts: list[Alternatives] = []
    while tokens:
        parts.append(_part(tokens))
        if tokens and (tokens.popleft() != "and" or not tokens):
            raise ValueError("parts of a dependency expression are joined by 'and'")
    return tuple(parts)


def _tokens(expression: str) -> deque[str]:
    tokens: deque[str] = deque()
    position, end = 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position)
        if match is None:
            raise ValueError(f"unexpected character {position} of a dependency expression")
        resource, word = match.groups()
        tokens.append(f"[{resource.lower()}" if resource is not None else word.lower())
        position = match.end()
    return tokens


def _part(tokens: deque[str]) -> Alternatives:
    first = tokens.popleft()
    if first.startswith("["):
        return frozenset({first[1:]})
    if first != "(":
        raise ValueError(f"unexpected {first!r} in a dependency expression")
    alternatives = set()
    while len(tokens) > 1 and tokens[0].startswith("["):
        alternatives.add(tokens.popleft()[1:])
        closing = tokens.popleft()
        if closing == ")":
            return frozenset(alternatives)
        if closing != "or":
            break
    raise ValueError("alternatives of a dependency expression are joined by 'or' and closed by ')'")
