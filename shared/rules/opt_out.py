"""Whether a reply asks us to stop, or to start again.

Meta passes a typed BAJA on as plain text and leaves it to the business to honour it (WhatsApp
Business Messaging Policy). docs/opt-outs.md says, with examples, what counts as a refusal; here is
only the order of the questions. The words are in opt_out_words.py, their meanings together in
opt_out_demands.py, opt_out_statements.py and opt_out_harmless.py.
"""

from enum import StrEnum

from shared.rules.opt_out_demands import DEMANDS
from shared.rules.opt_out_harmless import HARMLESS
from shared.rules.opt_out_spellings import is_slip_of_command, meant_by, slips_of_commands
from shared.rules.opt_out_statements import STATEMENTS
from shared.rules.opt_out_words import LISTS
from shared.rules.spoken_words import BREAK, heard_words
from shared.rules.word_patterns import WordPatterns, any_found, struck_out


class Intent(StrEnum):
    """What a reply asks of us."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    NONE = "none"


_START_WORD = "alta"


class _Detector:
    """The words and patterns, ready to read with."""

    def __init__(self) -> None:
        self._patterns = WordPatterns(LISTS, (*HARMLESS, *DEMANDS, *STATEMENTS))
        self._harmless = [self._patterns.compiled(pattern) for pattern in HARMLESS]
        self._refusals = [self._patterns.compiled(pattern) for pattern in (*DEMANDS, *STATEMENTS)]
        self._commands = self._patterns.symbols_of("COMMAND")
        self._commands_if_alone = self._patterns.symbols_of("COMMAND/WHOLE")
        self._without_fillers = dict.fromkeys(map(ord, self._patterns.symbols_of("FILLER")))
        self._nothing = LISTS["FILLER"] | LISTS["NOISE"] | {BREAK}
        self._slips = slips_of_commands()

    def shape_of(self, heard: list[str]) -> str:
        meant = (word for said in heard for word in self._meant_by(said))
        return self._patterns.encoded(word for word in meant if word not in LISTS["NOISE"])

    def starts_again(self, heard: list[str]) -> bool:
        meant = {word for said in heard for word in self._meant_by(said)}
        return _START_WORD in meant and meant <= LISTS["COURTESY"] | {_START_WORD, BREAK}

    def refuses(self, heard: list[str]) -> bool:
        shape = struck_out(self._harmless, self.shape_of(heard))
        return (
            self._orders(shape)
            or any_found(self._refusals, shape)
            or is_slip_of_command([word for word in heard if self._decides(word)], self._slips)
        )

    def _meant_by(self, word: str) -> list[str]:
        return meant_by(word, self._patterns.words)

    def _decides(self, word: str) -> bool:
        return not self._nothing.issuperset(self._meant_by(word))

    def _orders(self, shape: str) -> bool:
        """Return whether a clause, or the whole message, is a stop word with courtesy around it."""
        clauses = shape.translate(self._without_fillers).split(BREAK)
        cores = [set(clause) for clause in clauses if clause]
        return any(core <= self._commands for core in cores) or (
            bool(cores) and all(core <= self._commands_if_alone for core in cores)
        )


# Built when the first text is read: most instances that import this wake up to a delivery status.
_built: list[_Detector] = []


def _detector() -> _Detector:
    if not _built:
        _built.append(_Detector())
    return _built[0]


def intent_of(text: str) -> Intent:
    """Return what a reply, a button's label or its payload asks, however it is spelt.

    OPT_IN: ALTA, and nothing but courtesy around it. OPT_OUT: a clause that is nothing but a stop
    word and courtesy; a whole message that is one slip of the thumb away from that; or a demand or
    statement that refuses, anywhere. Denied stops, stops of other things and quotes of our own
    footer are struck out before anything is looked for. Everything else is NONE.
    """
    heard = heard_words(text)
    if _detector().starts_again(heard):
        return Intent.OPT_IN
    return Intent.OPT_OUT if _detector().refuses(heard) else Intent.NONE


def shape_of(heard: list[str]) -> str:
    """Return heard words as the patterns see them: one character each, by what may be meant."""
    return _detector().shape_of(heard)
