import pytest

from shared.fates import Cause, Fate, Stops
from shared.rules.meta_errors import TABLE, read_error, rule_for

OUTAGE = (Fate.DEFERRED, Stops.EVERYBODY, Cause.OUTAGE)
UNEXPLAINED = (Fate.DEFERRED, Stops.JOB, Cause.UNEXPLAINED)
PARAMETERS = (Fate.FAILED, Stops.JOB, Cause.PARAMETERS)
SENDER = (Fate.DEFERRED, Stops.SENDER, Cause.ANSWER)
CREDENTIALS = (Fate.DEFERRED, Stops.CREDENTIALS, Cause.CREDENTIALS)
EXPECTED = {
    (Fate.DEFERRED, Stops.NOTHING, None): [131056],
    OUTAGE: [2, 131000, 131016, 131057, 133004],
    UNEXPLAINED: [1],
    (Fate.RETURNED, Stops.SENDER, Cause.THROTTLED): [4, 17, 32, 341, 613, 80007, 130429, 2494100],
    (Fate.FAILED, Stops.NOTHING, None): [
        *[130403, 130472, 131021, 131026, 131030, 131047, 131049, 131050, 131052, 137000],
    ],
    PARAMETERS: [
        *[100, 131008, 131009, 131014, 131051, 131053, 131055, 131062, 132000, 132005],
        *[132008, 132012, 132018, 134100, 135000],
    ],
    (Fate.DEFERRED, Stops.JOB, Cause.TEMPLATE): [
        *[130497, 131063, 131064, 132001, 132007, 132015, 132016, 132068, 132069, 134101],
        *[134102, 139000],
    ],
    SENDER: [
        *[33, 368, 131031, 131037, 131042, 131045, 131048, 133000, 133005, 133006, 133008],
        *[133009, 133010, 133015, 133016, 134011, 136024, 141008, 141014],
    ],
    CREDENTIALS: [0, 3, 10, 102, 190, 131005, *range(200, 300)],
}
ROWS = [(code, verdict) for verdict, codes in EXPECTED.items() for code in codes]


def verdict_of(rule):
    return rule.fate, rule.stops, rule.cause


@pytest.mark.parametrize(("code", "verdict"), ROWS)
def test_code_stops_what_it_concerns(code, verdict):
    rule = rule_for(code)
    assert (verdict_of(rule), rule.known) == (verdict, True)


def test_every_row_is_expected_above():
    assert sorted(TABLE) == sorted(code for code, _ in ROWS)


@pytest.mark.parametrize("code", [None, -1, 199, 300, 999999])
def test_unknown_code_is_tried_three_times(code):
    rule = rule_for(code)
    assert (rule.known, verdict_of(rule)) == (False, UNEXPLAINED)
    assert [rule.delay_after(attempts) is None for attempts in (1, 2, 3)] == [False, False, True]


def test_only_three_failures_keep_the_contact_slot():
    kept = {code for code, rule in TABLE.items() if not rule.frees_contact}
    assert kept == {130472, 131049, 131050}
    assert rule_for(None).frees_contact


def test_delays_are_those_meta_advises():
    assert [rule_for(131056).delay_after(n) for n in range(1, 5)] == [1, 4, 16, 64]
    assert rule_for(131057).delay_after(1) >= 60


@pytest.mark.parametrize("code", EXPECTED[OUTAGE])
def test_message_outlasts_a_day_of_outage(code):
    delays = [rule_for(code).delay_after(tries) for tries in range(1, 101)]
    assert (max(delays[:-1]), delays[-1]) == (900, None)
    assert sum(delays[:-1]) > 23 * 3600


def test_one_code_opts_out():
    assert [code for code, rule in TABLE.items() if rule.opts_out] == [131050]


def test_exactly_what_may_pass_by_itself_has_a_plan():
    passing = {None, Cause.OUTAGE, Cause.UNEXPLAINED, Cause.THROTTLED}
    for rule in TABLE.values():
        passes = rule.fate != Fate.FAILED and rule.cause in passing
        assert (rule.retry is not None) == passes
    assert rule_for(131026).delay_after(1) is None


def test_every_rule_speaks_to_promoters_and_to_engineers():
    for rule in [*TABLE.values(), rule_for(None)]:
        assert rule.notice.endswith(".")
        assert rule.meaning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Message to +52 1 55 5000 1234 failed", "Message to [number] failed"),
        ("wa_id 5215550001234.", "wa_id [number]."),
        ("(55) 5000-1234", "([number]"),
        ("(#130429) Rate limit hit", "(#130429) Rate limit hit"),
        ("x" * 400, "x" * 300),
        ("a\x00b", "ab"),
    ],
)
def test_error_text_holds_no_number_and_is_short(text, expected):
    assert read_error({"code": 1, "message": text}) == (1, expected)


def test_details_are_preferred_to_message_and_title():
    error = {"code": "131049", "title": "t", "message": "m", "error_data": {"details": "d"}}
    assert read_error(error) == (131049, "d")
    assert read_error({"title": "t"}) == (None, "t")


@pytest.mark.parametrize("code", [True, None, 1.5, -1, 10**30, "x", [], 52155500012])
def test_what_is_no_code_is_none(code):
    assert read_error({"code": code}) == (None, None)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({"code": 100}, PARAMETERS),
        ({"code": 100, "error_subcode": 2494010}, PARAMETERS),
        ({"code": 100, "error_subcode": 33}, SENDER),
        ({"code": 190, "error_subcode": 33}, CREDENTIALS),
    ],
)
def test_number_that_is_gone_is_told_from_a_wrong_parameter(error, verdict):
    code, _ = read_error(error)
    assert verdict_of(rule_for(code)) == verdict
