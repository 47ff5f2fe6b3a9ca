"""wa.normalize_phone and wa.phone_problem against the phonenumbers library: Google's rules."""

import re

import phonenumbers
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.payloads import has_something_to_show

# Where we differ on purpose. These prefixes were abolished on 2019-08-03 (IFT, Plan Técnico
# Fundamental de Numeración) and the library takes them for digits of an impossible number; voter
# lists are full of them.
ABOLISHED = ["+52 1 ", "521", "00521", "01", "01 ", "044", "045", "+52 01 ", "52044", "+52 (045) "]
NOTATIONS = ["", "52", "+52", "+52 ", "0052", "(+52) "]
SEPARATORS = ["", " ", "-", "\u00a0", "\u2011", "\u2014", "\u200b", "  "]
BETWEEN_GROUPS = [*SEPARATORS, ".", "/"]
INVISIBLE = "\u200e\u200f\u202a\u202c\u202d\u2066\u2069\ufeff\u00ad\u2060\u00a0\u2009\u3000\t\u200b"
AROUND = ["", " ", "'", '"', "\u202a", "\ufeff", "\r\n", "\t", "\u00a0'", "\u2019"]

ten_digits = st.from_regex(r"[2-9][0-9]{9}", fullmatch=True)
valid_numbers = st.builds(
    lambda area, rest: (area + rest)[:10],
    st.sampled_from(["55", "33", "81", "222", "664", "998", "442", "614", "999"]),
    st.from_regex(r"[2-9][0-9]{7}", fullmatch=True),
)
# What people type: nearly numbers, with something between their digits or around them.
typed = st.builds(
    lambda digits, at, noise: digits[:at] + noise + digits[at:],
    st.from_regex(r"(\+|00)?(52|34)?1?(01|044|045)?[0-9]{9,11}", fullmatch=True),
    st.integers(0, 18),
    st.text(alphabet="0123456789+-(). \u00a0x", max_size=3),
)


@pytest.fixture(scope="module")
def normalize(postgres, template_database):
    postgres.create_database("bridge_phone", template=template_database)
    with psycopg.connect(postgres.dsn("bridge_phone"), autocommit=True) as connection:
        yield lambda raw: ask(connection, "wa.normalize_phone", raw)
    postgres.drop_database("bridge_phone")


@pytest.fixture(scope="module")
def problem(normalize, postgres):
    with psycopg.connect(postgres.dsn("bridge_phone"), autocommit=True) as connection:
        yield lambda raw: ask(connection, "wa.phone_problem", raw)


def ask(connection, function, raw):
    return connection.execute(f"select {function}(%s)", (raw,)).fetchone()[0]


def read(raw):
    """The library's E.164, whether or not it knows the area code."""
    number = phonenumbers.parse(raw, "MX")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def without_float(raw):
    """The library takes a float's zeros for digits: 5512345678.0 would have eleven."""
    return re.sub(r"^([^.]*)\.0*$", r"\1", raw)


def without_abolished(e164):
    return re.sub(r"^\+52(?:1|01|044|045)(?=[0-9]{10}$)", "+52", e164)


@given(valid_numbers, st.sampled_from(NOTATIONS), st.sampled_from(SEPARATORS), st.integers(2, 6))
@settings(max_examples=300, deadline=None)
def test_every_notation_of_a_valid_number_is_its_e164(normalize, number, notation, separator, at):
    raw = notation + number[:at] + separator + number[at:]

    assert phonenumbers.is_valid_number(phonenumbers.parse(raw, "MX"))
    assert normalize(raw) == read(raw) == f"+52{number}"


@given(ten_digits, st.sampled_from(NOTATIONS), st.sampled_from(BETWEEN_GROUPS))
@settings(max_examples=300, deadline=None)
def test_number_of_an_unknown_area_is_read_alike(normalize, number, notation, separator):
    raw = notation + separator.join([number[:2], number[2:6], number[6:]])

    assert normalize(raw) == read(raw) == f"+52{number}"


@pytest.mark.parametrize("prefix", ABOLISHED)
@given(number=valid_numbers)
@settings(max_examples=30, deadline=None)
def test_abolished_prefix_is_dropped_where_the_library_keeps_it(normalize, prefix, number):
    raw = prefix + number

    assert normalize(raw) == f"+52{number}"
    assert not phonenumbers.is_valid_number(phonenumbers.parse(raw, "MX"))


@given(typed)
@settings(max_examples=1000, deadline=None)
def test_what_is_accepted_is_what_the_library_reads(normalize, raw):
    ours = normalize(raw)

    assert ours is None or ours == without_abolished(read(without_float(raw.strip())))


@pytest.mark.parametrize(
    "raw",
    [
        "1 5512345678",  # the library drops nothing here, and neither side has a valid number
        "5512345678 ext. 5",  # the library ignores extensions: an extension is no mobile phone
        "55 CALL 1234",  # the library reads letters as keys
        "+34 600 000 000",  # abroad
        "055 1234 5678",
    ],
)
def test_what_we_do_not_accept_although_the_library_parses_it(normalize, raw):
    assert normalize(raw) is None


@given(typed)
@settings(max_examples=200, deadline=None)
def test_normal_form_is_stable(normalize, raw):
    once = normalize(raw)

    assert once is None or normalize(once) == once


@given(
    ten_digits,
    st.sampled_from(NOTATIONS),
    st.sampled_from(AROUND),
    st.lists(st.tuples(st.integers(0, 18), st.sampled_from(INVISIBLE)), max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_what_nobody_sees_changes_no_number(normalize, number, notation, around, hidden):
    raw = notation + number
    for at, character in hidden:
        raw = raw[:at] + character + raw[at:]

    assert normalize(around + raw + around) == f"+52{number}"


@given(
    st.from_regex(r"(\+?52)?1?[0-9]{7,11}", fullmatch=True),
    st.from_regex(r"[.,][0-9]{0,4}", fullmatch=True),
)
@settings(max_examples=500, deadline=None)
def test_decimals_never_complete_a_number(normalize, whole, decimals):
    expected = normalize(whole) if set(decimals[1:]) <= {"0"} else None

    assert normalize(whole + decimals) == expected


@given(ten_digits, st.sampled_from(["", "52", "521"]))
@settings(max_examples=200, deadline=None)
def test_what_spreadsheets_and_java_make_of_a_number_is_that_number(normalize, number, prefix):
    digits = prefix + number
    exponent = len(digits) - 1
    java = f"{digits[0]}.{digits[1:]}E{exponent}"
    excel = f"{digits[0]}.{digits[1:]}E+{exponent:02}"
    thousands = f"{int(digits):,}"

    for raw in (f"{float(digits)}", java, excel, thousands, f"{thousands}.00"):
        assert normalize(raw) == f"+52{number}"
    assert normalize(thousands.replace(",", ".")) == f"+52{number}"


@given(ten_digits, st.integers(1, 8))
@settings(max_examples=200, deadline=None)
def test_rounded_number_is_refused(normalize, problem, number, decimals):
    raw = f"{int(number):.{decimals}E}"

    assert (normalize(raw), problem(raw)) == (None, "invalid_number")


@given(ten_digits, st.sampled_from([" / ", ", ", ";", " y ", "\n", " ", "-", " | "]), ten_digits)
@settings(max_examples=200, deadline=None)
def test_two_numbers_are_none(normalize, problem, one, between, other):
    raw = one + between + other

    assert (normalize(raw), problem(raw)) == (None, "invalid_number")


@given(
    ten_digits,
    st.sampled_from([" ext ", " ext. ", "x", " x", "#", " (", " int. ", ",", ";"]),
    st.integers(1, 9999),
)
@settings(max_examples=200, deadline=None)
def test_number_with_an_extension_is_refused(normalize, problem, number, mark, extension):
    raw = f"{number}{mark}{extension}" + (")" if "(" in mark else "")

    assert (normalize(raw), problem(raw)) == (None, "invalid_number")


def test_mobile_number_of_every_other_country_is_foreign(normalize, problem):
    mobile = phonenumbers.PhoneNumberType.MOBILE
    examples = [
        phonenumbers.example_number_for_type(region, mobile)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS - {"MX"})
    ]
    written = [
        raw
        for number in examples
        if number  # Tristan da Cunha has no mobile network
        for raw in (
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
            f"00{number.country_code}{phonenumbers.national_significant_number(number)}",
        )
    ]

    assert len(written) > 600
    assert {raw for raw in written if normalize(raw)} == set()
    assert {raw for raw in written if problem(raw) != "foreign_number"} == set()


@given(
    st.text(max_size=25) | st.text(alphabet="0123456789+-(). ,/'=\"Ee\u2028\n\u00a0", max_size=25)
)
@settings(max_examples=500, deadline=None)
def test_whatever_is_typed_is_a_number_or_has_a_problem(normalize, problem, raw):
    raw = raw.replace("\x00", "")
    ours = normalize(raw)
    visible = has_something_to_show(re.sub("[=\"'\u00b4\u0060\u2018\u2019]", "", raw))

    assert ours is None or re.fullmatch(r"\+52[2-9][0-9]{9}", ours)
    assert problem(raw) in {"foreign_number", "invalid_number"} or not visible
    assert visible or problem(raw) in {"missing_number", "invalid_number"}
