"""Whether a reply asks us to stop, or to start again.

Meta passes a typed BAJA on as plain text and leaves it to the business to honour it (WhatsApp
Business Messaging Policy). docs/opt-outs.md says, with examples, what counts as a refusal.

The words are in opt_out_words.py, what they mean together in opt_out_patterns.py; here is only
the order in which they are asked.
"""

import re
from enum import StrEnum

from shared.rules.opt_out_harmless import HARMLESS
from shared.rules.opt_out_refusals import REFUSALS
from shared.rules.opt_out_words import LISTS, SHORT_FOR
from shared.rules.spoken_words import BREAK, heard_words, slips_of
from shared.rules.word_patterns import UNKNOWN, WordPatterns


class Intent(StrEnum):
    """What a reply asks of us."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    NONE = "none"


_PATTERNS = WordPatterns(LISTS, (*HARMLESS, *REFUSALS))
_HARMLESS = tuple(_PATTERNS.compiled(pattern) for pattern in HARMLESS)
_REFUSALS = tuple(_PATTERNS.compiled(pattern) for pattern in REFUSALS)
_COMMANDS = set(_PATTERNS.symbols_of("COMMAND"))
_COMMANDS_IF_WHOLE = set(_PATTERNS.symbols_of("COMMAND/WHOLE"))
_WITHOUT_FILLERS = str.maketrans("", "", _PATTERNS.symbols_of("FILLER"))

_START_WORD = "alta"
_REAL_WORDS_NEAR_COMMANDS = {"aja", "ba", "sto", "top", "fin", "cancelado"}
_SLIPS = {
    slip for command in LISTS["COMMAND"] | {"cancelar", "detener"} for slip in slips_of(command)
}
_SLIPS -= LISTS["COMMAND"] | _REAL_WORDS_NEAR_COMMANDS

_VOWEL = re.compile("[aeiou]")
_CLIPPED = re.compile("[^aeiou]{3}|[^aeiou]{2}$")
_OF_CONSONANTS = {
    _VOWEL.sub("", word): word
    for name in (
        "MESSAGE NUMBER QUIT GIVE-ME REMOVE-ORDER REMOVE-ORDER-ME SEND-ORDER SEND-ORDER-ME SEND-INF"
    ).split()
    for word in sorted(LISTS[name])
    if len(_VOWEL.sub("", word)) > 2
}


def intent_of(text: str) -> Intent:
    """Return what a reply or a button's label or payload asks, however it is spelt.

    OPT_IN: ALTA first, and nothing but courtesy behind it. OPT_OUT: a clause that is nothing but a
    stop word and courtesy, the whole message one slip away from it, or a demand in any clause.
    Denied stops, stops of other things, and quotes of our own footer are struck out before.
    """
    heard = heard_words(text)
    words = [word for said in heard for word in _meant(said)]
    if _starts_again(words):
        return Intent.OPT_IN
    shape = _PATTERNS.encoded(words)
    for harmless in _HARMLESS:
        shape = harmless.sub(lambda found: UNKNOWN * len(found[0]), shape)
    refused = (
        _commands(shape) or any(refusal.search(shape) for refusal in _REFUSALS) or _is_slip(heard)
    )
    return Intent.OPT_OUT if refused else Intent.NONE


def _meant(word: str) -> list[str]:
    """Return what stands for the word in the lists, for "xfa" and "saknme" too."""
    clipped = _PATTERNS.encoded([word])[1] == UNKNOWN and _CLIPPED.search(word)
    return SHORT_FOR.get(word) or [(clipped and _OF_CONSONANTS.get(_VOWEL.sub("", word))) or word]


def _starts_again(words: list[str]) -> bool:
    said = [word for word in words if word != BREAK]
    courtesy = all(word == _START_WORD or word in LISTS["FILLER"] for word in said)
    return courtesy and said[:1] == [_START_WORD]


def _decides_nothing(word: str) -> bool:
    return LISTS["FILLER"].issuperset(SHORT_FOR.get(word, [word]))


def _commands(shape: str) -> bool:
    """Return whether a clause, or the whole message, is a stop word with courtesy around it."""
    cores = [set(clause) for clause in shape.translate(_WITHOUT_FILLERS).split(BREAK) if clause]
    clause_commands = any(core <= _COMMANDS for core in cores)
    return clause_commands or (bool(cores) and set().union(*cores) <= _COMMANDS_IF_WHOLE)


def _is_slip(words: list[str]) -> bool:
    """Return whether the message is one slip of the thumb away from a stop word ("BSJA")."""
    core = [word for word in words if word != BREAK and not _decides_nothing(word)]
    if len(set(core)) == 1:
        return core[0] in _SLIPS
    return "".join(core) in LISTS["COMMAND"]
