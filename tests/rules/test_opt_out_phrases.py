"""The detector of refusals against the tables of labelled phrases in tests/phrases."""

from pathlib import Path

import pytest

from shared.rules.opt_out import Intent, intent_of, shape_of
from shared.rules.opt_out_demands import DEMANDS
from shared.rules.opt_out_harmless import HARMLESS
from shared.rules.opt_out_statements import STATEMENTS
from shared.rules.opt_out_words import LISTS
from shared.rules.spoken_words import heard_words
from shared.rules.word_patterns import WordPatterns

PHRASES = Path(__file__).parents[1] / "phrases"
LEARNED = [PHRASES / "opt_out_work.tsv", PHRASES / "opt_out_own.tsv"]


def rows_of(table):
    lines = table.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(Intent(label), phrase.replace(r"\n", "\n")) for label, phrase in rows]


@pytest.mark.parametrize(("label", "phrase"), [row for table in LEARNED for row in rows_of(table)])
def test_phrase_is_read_as_it_is_labelled(label, phrase):
    assert intent_of(phrase) == label


# Every table that lies there: those it was written with, and those that were kept from it.
@pytest.mark.parametrize("table", sorted(PHRASES.glob("opt_out_*.tsv")), ids=lambda path: path.stem)
def test_refusals_are_heard_and_little_else(table):
    rows = set(rows_of(table))
    refused = {row for row in rows if row[0] == Intent.OPT_OUT}
    heard = {row for row in rows if intent_of(row[1]) == Intent.OPT_OUT}

    assert len(refused & heard) >= 0.93 * len(refused)  # recall
    assert len(refused & heard) >= 0.93 * len(heard)  # precision


def test_every_pattern_is_needed_by_a_phrase():
    patterns = WordPatterns(LISTS, (*HARMLESS, *DEMANDS, *STATEMENTS))
    shapes = [shape_of(heard_words(phrase)) for table in LEARNED for _, phrase in rows_of(table)]

    idle = [
        pattern
        for pattern in (*HARMLESS, *DEMANDS, *STATEMENTS)
        if not any(map(patterns.compiled(pattern).expression.search, shapes))
    ]

    assert idle == []
