import pytest

from ssoaudit.collect.collection import FIRST_LOOK, Options
from ssoaudit.facts import OPT_IN_TOPICS, TOPICS, EndpointMapper, LogonRights


def test_nobody_is_made_to_connect_unless_it_is_allowed() -> None:
    assert EndpointMapper in OPT_IN_TOPICS
    assert set(TOPICS) - set(Options().wanted) == OPT_IN_TOPICS
    assert Options().topics == Options().wanted
    assert Options(active_network=True).wanted == TOPICS


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        (Options(compile=False), {LogonRights}),
        (Options(compile=False, temp_files=True), set()),
        (Options(temp_files=True), set()),
    ],
)
def test_what_is_left_out_belongs_to_the_audit_all_the_same(options: Options, left_out: set[object]) -> None:
    assert set(options.wanted) - set(options.topics) == left_out


def test_the_first_look_asks_for_nothing_that_takes_an_option() -> None:
    assert not set(FIRST_LOOK) & OPT_IN_TOPICS
