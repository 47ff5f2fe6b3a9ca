"""Whether a reply asks us to stop, or to start again.

Meta passes a typed BAJA on as plain text and leaves it to the business to honour it (WhatsApp
Business Messaging Policy). docs/opt-outs.md says, with examples, what counts as a refusal; here is
only the order of the questions. The words are in opt_out_words.py, their meanings together in
opt_out_demands.py, opt_out_statements.py and opt_out_harmless.py.
"""

from enum import StrEnum

from shared.rules.opt_out_demands import DEMANDS
from shared.rules.opt_out_harmless import HARMLESS
from shared.rules.opt_out_spellings import is_slip_of_command, meant_by
from shared.rules.opt_out_statements import STATEMENTS
from shared.rules.opt_out_words import LISTS
from shared.rules.spoken_words import BREAK, heard_words
from shared.rules.word_patterns import WordPatterns, any_found, struck_out


class Intent(StrEnum):
    """What a reply asks of us."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    NONE = "none"


_NOTHING = LISTS["FILLER"] | LISTS["NOISE"]
_START_WORD = "alta"

_PATTERNS = WordPatterns(LISTS, (*HARMLESS, *DEMANDS, *STATEMENTS))
_HARMLESS = [_PATTERNS.compiled(pattern) for pattern in HARMLESS]
_REFUSALS = [_PATTERNS.compiled(pattern) for pattern in (*DEMANDS, *STATEMENTS)]
_COMMANDS = _PATTERNS.symbols_of("COMMAND")
_COMMANDS_IF_ALONE = _PATTERNS.symbols_of("COMMAND/WHOLE")
_WITHOUT_FILLERS = dict.fromkeys(map(ord, _PATTERNS.symbols_of("FILLER")))


def intent_of(text: str) -> Intent:
    """Return what a reply, a button's label or its payload asks, however it is spelt.

    OPT_IN: ALTA first, and nothing but courtesy behind it. OPT_OUT: a clause that is nothing but a
    stop word and courtesy; a whole message that is one slip of the thumb away from that; or a
    demand or statement that refuses, anywhere. Denied stops, stops of other things and quotes of
    our own footer are struck out before anything is looked for. Everything else is NONE.
    """
    heard = heard_words(text)
    if _starts_again(heard):
        return Intent.OPT_IN
    shape = struck_out(_HARMLESS, shape_of(heard))
    refused = (
        _commands(shape)
        or any_found(_REFUSALS, shape)
        or is_slip_of_command([word for word in heard if not _decides_nothing(word)])
    )
    return Intent.OPT_OUT if refused else Intent.NONE


def shape_of(heard: list[str]) -> str:
    """Return heard words as the patterns see them: one character each, by what may be meant."""
    meant = (word for said in heard for word in meant_by(said, _PATTERNS.words))
    return _PATTERNS.encoded(word for word in meant if word not in LISTS["NOISE"])


def _starts_again(heard: list[str]) -> bool:
    first = next((word for word in heard if word != BREAK), None)
    return first == _START_WORD and all(
        word == _START_WORD or _decides_nothing(word) for word in heard
    )


def _decides_nothing(word: str) -> bool:
    return word == BREAK or _NOTHING.issuperset(meant_by(word, _PATTERNS.words))


def _commands(shape: str) -> bool:
    """Return whether a clause, or the whole message, is a stop word with courtesy around it."""
    cores = [set(clause) for clause in shape.translate(_WITHOUT_FILLERS).split(BREAK) if clause]
    return any(core <= _COMMANDS for core in cores) or (
        bool(cores) and all(core <= _COMMANDS_IF_ALONE for core in cores)
    )
