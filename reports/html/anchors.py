"""Where in the page a finding stands: ids that no text from outside can shape."""

import re
from collections import Counter
from collections.abc import Iterable

from ssoaudit.result import Finding

_CHECK_ID = re.compile(r"[a-z0-9]+(\.[a-z0-9-]+)+")
_LONGEST = 120


def anchors(findings: Iterable[Finding]) -> tuple[str, ...]:
    """One id for each finding: its check's id, and for a check's second finding `<check>..2`, and so on.

    A check id of an unusual form gives `finding`, so no anchor holds anything but `[a-z0-9.-]`.
    """
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        usual = len(finding.check) <= _LONGEST and _CHECK_ID.fullmatch(finding.check)
        base = finding.check if usual else "finding"
        seen[base] += 1
        found.append(base if seen[base] == 1 else f"{base}..{seen[base]}")
    return tuple(found)
