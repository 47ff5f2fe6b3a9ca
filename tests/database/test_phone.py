"""wa.normalize_phone against the phonenumbers library: Google's rules for every country."""

import re

import phonenumbers
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

# Where we differ on purpose. These prefixes were abolished on 2019-08-03 (IFT, Plan Técnico
# Fundamental de Numeración) and the library takes them for digits of an impossible number; voter
# lists are full of them.
ABOLISHED = ["+52 1 ", "521", "00521", "01", "01 ", "044", "045"]
NOTATIONS = ["", "52", "+52", "+52 ", "0052", "(+52) "]
SEPARATORS = ["", " ", "-", ".", "/", "\u00a0", "\u2011", "  "]

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
        yield lambda raw: connection.execute("select wa.normalize_phone(%s)", (raw,)).fetchone()[0]
    postgres.drop_database("bridge_phone")


def read(raw):
    """The library's E.164, whether or not it knows the area code."""
    number = phonenumbers.parse(raw, "MX")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def without_abolished(e164):
    return re.sub(r"^\+52(?:1|01|044|045)(?=[0-9]{10}$)", "+52", e164)


@given(valid_numbers, st.sampled_from(NOTATIONS), st.sampled_from(SEPARATORS), st.integers(2, 6))
@settings(max_examples=300, deadline=None)
def test_every_notation_of_a_valid_number_is_its_e164(normalize, number, notation, separator, at):
    raw = notation + number[:at] + separator + number[at:]

    assert phonenumbers.is_valid_number(phonenumbers.parse(raw, "MX"))
    assert normalize(raw) == read(raw) == f"+52{number}"


@given(ten_digits, st.sampled_from(NOTATIONS), st.sampled_from(SEPARATORS))
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

    assert ours is None or ours == without_abolished(read(raw))


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
