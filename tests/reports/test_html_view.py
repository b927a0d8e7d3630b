import pytest

from ssoaudit.reports.html import cards, matrix, view
from ssoaudit.reports.html.anchors import anchors
from ssoaudit.result import Observation, Result
from ssoaudit.vocabulary import Role, Severity, State, Status, Target, Verdict
from tests.reports import estates, results


def row(drawn: matrix.Matrix, check: str) -> dict[str, State]:
    rows = (*drawn.attention, *drawn.silent_only, *drawn.quiet)
    cells = next(found.cells for found in rows if found.check == check)
    return {column.name: cell.state for column, cell in zip(drawn.columns, cells, strict=True) if cell is not None}


class TestAnchors:
    def test_come_from_the_check_and_are_numbered(self) -> None:
        found = [results.finding("a.b-c", name) for name in ("N1", "N2", "N3")]
        assert anchors(found) == ("a.b-c", "a.b-c..2", "a.b-c..3")

    @pytest.mark.parametrize("check", ['x"><img>', "top", "A.b", "a..2", "a.b" * 50, "a b.c"])
    def test_of_an_unusual_id_hold_nothing_of_it(self, check: str) -> None:
        assert anchors([results.finding(check, "N1")]) == ("finding",)


class TestCards:
    def test_what_waits_stands_under_the_card_of_the_check_that_blocks_it(self) -> None:
        drawn = cards.build(estates.not_ready())
        card = next(card for card in drawn.fails if card.check.id == "secret.master-secret-matches-ssodb")
        assert {hidden.check: hidden.waits_for for hidden in card.waiting} == {
            "secret.backup-restores": "secret.master-secret-matches-ssodb",
            "secret.backup-is-off-host": "secret.backup-restores",
        }

    def test_the_unread_is_grouped_by_server_and_code(self) -> None:
        causes = cards.build(estates.not_ready()).causes
        assert [(cause.anchor, cause.head, len(cause.hidden), cause.blocks) for cause in causes] == [
            ("NV-1", "SSONODE3 could not be read: unreachable", 7, True),
            ("NV-2", "backup_history could not be read on SQLSSO01: denied", 1, False),
        ]

    def test_a_finding_of_two_causes_stands_under_both_and_is_anchored_once(self) -> None:
        reasons = (results.reason("SSONODE1"), results.reason("SSONODE2", "denied"))
        drawn = cards.build(results.result((results.finding("a.b", "x", Status.NOT_VERIFIED, reasons=reasons),)))
        assert [cause.server for cause in drawn.causes] == ["SSONODE1", "SSONODE2"]
        assert [cause.hidden[0].anchor for cause in drawn.causes] == ["a.b", None]

    def test_what_waits_for_the_unread_stands_under_its_cause(self) -> None:
        first = results.finding("a.one", "N1", Status.NOT_VERIFIED, reasons=(results.reason("SSONODE1"),))
        second = results.finding("a.two", "N1", Status.NOT_VERIFIED, blocked_by="a.one")
        drawn = cards.build(results.result((first, second)))
        assert [hidden.check for hidden in drawn.causes[0].hidden] == ["a.one", "a.two"]

    def test_a_circle_of_waiting_is_still_shown(self) -> None:
        one = results.finding("a.one", "N1", Status.NOT_VERIFIED, blocked_by="a.two")
        two = results.finding("a.two", "N1", Status.NOT_VERIFIED, blocked_by="a.one")
        drawn = cards.build(results.result((one, two)))
        assert sorted(hidden.check for cause in drawn.causes for hidden in cause.hidden) == ["a.one", "a.two"]

    def test_the_target_decides_which_card_a_finding_waits_under(self) -> None:
        fails = [results.finding("a.one", name, Status.FAIL) for name in ("N1", "N2")]
        waiting = results.finding("a.two", "N2", Status.NOT_VERIFIED, blocked_by="a.one")
        drawn = cards.build(results.result((*fails, waiting)))
        assert [(card.target, len(card.waiting)) for card in drawn.fails] == [("N1", 0), ("N2", 1)]

    def test_equal_evidence_is_merged_and_the_rest_capped(self) -> None:
        def seen(name: str, value: str) -> Observation:
            return Observation(subject=name, expected="1", observed=value, source="s")

        rows = (seen("N1", "same"), seen("N2", "same"), *(seen(f"M{n}", str(n)) for n in range(25)))
        card = cards.build(results.result((results.finding("a.b", "N1", Status.FAIL, evidence=rows),))).fails[0]
        assert card.evidence[0].subjects == "N1, N2"
        assert (len(card.evidence), card.unshown) == (20, 6)

    @pytest.mark.parametrize(
        ("text", "complete", "copied"),
        [
            ("Get-Service", True, True),
            ("Get-Service <NAME>", False, False),
            ("Get-\u202eService", True, False),
            ("Get-Service\x00", True, False),
            ("x" * 9000, True, False),
        ],
    )
    def test_only_a_command_that_can_be_read_whole_is_copied(self, text: str, complete: bool, copied: bool) -> None:
        step = results.step(results.command(text, complete=complete))
        card = cards.build(results.result((results.finding("a.b", "N1", Status.FAIL, fix=(step,)),))).fails[0]
        suggested = card.steps[0].command
        assert suggested is not None
        assert (suggested.note is None) is copied

    @pytest.mark.parametrize(
        ("text", "host"),
        [
            ("https://learn.microsoft.com/biztalk/core", "learn.microsoft.com"),
            ("https://learn.microsoft.com", "learn.microsoft.com"),
            ("http://learn.microsoft.com/", None),
            ("javascript:alert(1)", None),
            ("https://learn.microsoft.com@evil.example/", None),
            ("https://x.example/\u202e", None),
            ("data:text/html,x", None),
        ],
    )
    def test_only_plain_https_becomes_a_link(self, text: str, host: str | None) -> None:
        found = results.finding("a.b", "N1", Status.FAIL)
        record = results.check_record("a.b", references=(text,))
        reference = cards.build(results.result((found,), checks=(record,))).fails[0].references[0]
        assert (reference.url, reference.host) == ((text, host) if host else (None, ""))


class TestMatrix:
    def test_columns_are_grouped_by_role_after_the_domain(self) -> None:
        drawn = view.build(estates.not_ready()).matrix
        assert [(group.name, group.span) for group in drawn.groups] == [
            ("Estate", 1),
            ("Cluster nodes", 3),
            ("BizTalk servers", 3),
            ("SQL servers", 1),
        ]
        assert [column.name for column in drawn.columns if not column.answered] == ["SSONODE3"]

    def test_a_server_finding_stands_in_its_column_alone(self) -> None:
        drawn = view.build(estates.not_ready()).matrix
        assert row(drawn, "secret.master-secret-matches-ssodb") == {"SSONODE1": State.PASS, "SSONODE2": State.FAIL}

    def test_a_finding_of_the_estate_marks_the_servers_it_names(self) -> None:
        drawn = view.build(estates.not_ready()).matrix
        assert row(drawn, "msdtc.cids-are-unique") == {
            "Domain": State.FAIL,
            "BTSAPP01": State.FAIL,
            "BTSAPP02": State.FAIL,
        }

    def test_a_passing_finding_of_the_estate_marks_no_server(self) -> None:
        found = results.finding("a.b", "SSOCLU01", kind=Target.ESTATE, servers=("SSONODE1",))
        assert row(view.build(results.result((found,))).matrix, "a.b") == {"Domain": State.PASS}

    def test_the_worst_of_several_stands_in_a_cell(self) -> None:
        found = (results.finding("a.b", "SSODB"), results.finding("a.b", "MgmtDb", Status.FAIL))
        assert row(view.build(results.result(found)).matrix, "a.b") == {"Domain": State.FAIL}

    def test_blocks_tell_attention_from_what_a_silent_server_hides(self) -> None:
        drawn = view.build(estates.not_ready()).matrix
        assert [found.worst for found in drawn.attention] == (
            [State.FAIL] * 3 + [State.NOT_VERIFIED] * 3 + [State.WARNING] * 2
        )
        assert len(drawn.silent_only) == 7
        assert {found.worst for found in drawn.quiet} == {State.PASS, State.NOT_APPLICABLE}

    def test_a_check_without_a_word_is_not_verified(self) -> None:
        drawn = view.build(results.result((), checks=(results.check_record("a.b"),))).matrix
        assert row(drawn, "a.b") == {"Domain": State.NOT_VERIFIED}
        assert len(drawn.attention) == 1

    @pytest.mark.parametrize(("name", "dense"), [("SSONODE1", False), ("SSONODE-PROD1", True)])
    def test_long_names_stand_upright(self, name: str, dense: bool) -> None:
        found = results.finding("a.b", name)
        drawn = view.build(results.result((found,), servers=(results.server(name, Role.CLUSTER),))).matrix
        assert drawn.dense is dense


class TestPage:
    @pytest.mark.parametrize("result", [estates.not_ready(), estates.incomplete(), estates.ready(), results.result()])
    def test_tiles_sum_to_the_results(self, result: Result) -> None:
        page = view.build(result)
        assert sum(tile.number for tile in page.tiles) == page.results == len(result.findings)

    def test_the_bar_fills_its_width(self) -> None:
        tiles = [tile for tile in view.build(estates.not_ready()).tiles if tile.x and tile.width]
        last = tiles[-1]
        assert last.x is not None
        assert last.width is not None
        assert float(last.x[:-1]) + float(last.width[:-1]) == pytest.approx(100, abs=0.05)

    def test_reasons_beyond_five_are_counted(self) -> None:
        fails = [results.finding(f"a.c{n}", "N1", Status.FAIL) for n in range(8)]
        verdict = view.build(results.result(fails)).verdict
        assert (len(verdict.lines), verdict.more) == (5, 3)

    def test_not_ready_says_what_would_remain_unknown(self) -> None:
        unverified = view.build(estates.not_ready()).verdict.unverified
        assert unverified is not None
        assert unverified.lead == "Also not verified: SSONODE3, SQLSSO01."
        assert unverified.text.startswith("9 results are unknown. Even with the 3 findings fixed, the verdict stays")

    def test_what_waits_for_a_failing_check_is_not_unknown_by_itself(self) -> None:
        root = results.finding("a.b", "N1", Status.FAIL)
        waiting = results.finding("a.c", "N1", Status.NOT_VERIFIED).model_copy(update={"blocked_by": "a.b"})
        unverified = view.build(results.result((root, waiting))).verdict.unverified
        assert unverified is not None
        assert unverified.lead == "1 result waits for the findings above."

    def test_ready_says_what_is_unknown_below_the_gate(self) -> None:
        low = results.finding("a.b", "N1", Status.NOT_VERIFIED, severity=Severity.LOW)
        result = results.result((low, results.finding("a.c", "N1")))
        verdict = view.build(result).verdict
        assert result.verdict is Verdict.READY
        assert verdict.unverified is not None
        assert verdict.unverified.text == "1 result is unknown, none of them high or above."

    def test_an_unheard_check_is_named_as_missing(self) -> None:
        verdict = view.build(results.result((), checks=(results.check_record("a.b"),))).verdict
        assert [(line.head, line.id) for line in verdict.lines] == [("A check gave no outcome", "a.b")]

    def test_the_title_names_verdict_estate_profile_and_day(self) -> None:
        assert view.build(estates.not_ready()).title == "NOT READY · SSOCLU01 · preflight 2026-11-20 · ssoaudit"
        assert view.build(estates.narrowed()).title.startswith("PASSED (1 of 85 checks) · ")
