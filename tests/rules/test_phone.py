import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.phone import normalize_meta_phone


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("5215550001234", "+525550001234"),
        ("+5215550001234", "+525550001234"),
        ("525550001234", "+525550001234"),
        ("+52 1 55 5000 1234", "+525550001234"),
        ("+52 (55) 5000-1234", "+525550001234"),
        ("15550001234", "+15550001234"),
        # Twelve digits starting with 521 are a ten-digit number with area code 1xx: untouched.
        ("521555000123", "+521555000123"),
        ("34600000000", "+34600000000"),
    ],
)
def test_metas_number_becomes_e164(raw, expected):
    assert normalize_meta_phone(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "+",
        5215550001234,
        "MX.13491208655302",
        "0525550001234",
        "123456",
        "1" * 16,
        "٥٢٥٥٥٠٠٠١٢٣٤",
        "5215550001234\x00",
        "521555000123.0",
        "5215550001234.0",
        "5.215550001234E12",
        "5215550001234 / 5215550005678",
        ["5215550001234"],
    ],
)
def test_what_is_no_number_is_none(raw):
    assert normalize_meta_phone(raw) is None


@given(st.text())
def test_normal_form_is_stable(raw):
    once = normalize_meta_phone(raw)
    assert once is None or normalize_meta_phone(once) == once
