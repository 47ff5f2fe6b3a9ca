"""Patterns of words instead of letters: "NOT LINK*6 ME SEND-ORDER" finds "no quiero que me manden".

Every word of a text becomes one character, which stands for all the lists that the word is in, and
a pattern becomes a regular expression over those characters. So a pattern stays as short as it
reads, a list may grow without any pattern becoming slower, and a text is read in linear time,
because every repeat is bounded.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from shared.rules.spoken_words import BREAK, sound

_UNKNOWN = "_"
_FIRST_SYMBOL = 0xE000  # the private use area

_CLAUSE_END = re.escape(BREAK)
_MARKS = {
    "(": "(?:",
    "(?!": "(?!",
    ")": ")",
    ")?": ")?",
    "|": "|",
    "^": f"(?<={_CLAUSE_END})",
    "$": f"(?={_CLAUSE_END})",
    "^^": rf"\A{_CLAUSE_END}",
    "$$": rf"{_CLAUSE_END}?\Z",
    ",": _CLAUSE_END,
    ",?": f"{_CLAUSE_END}?",
}
_TERM = re.compile(r"(?P<names>[^?*]+)(?P<optional>\?)?(?:\*(?P<most>\d+))?")


def patterns_in(text: str) -> tuple[str, ...]:
    """Return the patterns of a text: one a line, which indented lines continue; "#" comments."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(filter(None, re.sub(r"\n +", " ", "\n".join(lines)).splitlines()))


class WordPattern:
    """A pattern over encoded words.

    Attributes:
        needs: sets of symbols; of each set, one is in every text that the pattern finds. Quicker
            asked than the expression.
    """

    def __init__(self, source: Callable[[], str], needs: tuple[frozenset[str], ...]) -> None:
        """Take how to get the regular expression's source."""
        self.needs = needs
        self._source = source
        self._compiled: re.Pattern[str] | None = None

    @property
    def expression(self) -> re.Pattern[str]:
        """The regular expression; compiled when a text may hold it, as few do at a cold start."""
        if self._compiled is None:
            self._compiled = re.compile(self._source())
        return self._compiled


def any_found(patterns: Iterable[WordPattern], shape: str) -> bool:
    """Return whether any of the patterns is in the encoded words."""
    return any(pattern.expression.search(shape) for pattern in _possible(patterns, shape))


def struck_out(patterns: Iterable[WordPattern], shape: str) -> str:
    """Return the encoded words with unknown ones wherever one pattern after the other was."""
    for pattern in _possible(patterns, shape):
        shape = pattern.expression.sub(lambda found: re.sub(r"[^.]", _UNKNOWN, found[0]), shape)
    return shape


def _possible(patterns: Iterable[WordPattern], shape: str) -> Iterator[WordPattern]:
    lacks_all = frozenset(shape).isdisjoint
    return (pattern for pattern in patterns if not any(map(lacks_all, pattern.needs)))


class WordPatterns:
    """Lists of words and the patterns over them.

    A pattern's terms are separated by blanks:
        `SEND` any word of that list; `mensaje` that word; `SEND/mensaje` either; `_` an
        unknown one; `SEND?` or none; `SEND*3` up to three; `~3` up to three words of any kind;
        `^`, `$` where a clause starts, ends; `^^`, `$$` where the message does;
        `,` the end of a clause, `,?` or none;
        `( ... | ... )`, `( ... )?`, `( ... )*3`, `(?! ... )` as in a regular expression.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]], patterns: Iterable[str]) -> None:
        """Take the lists (words by their sound, by the list's name) and all patterns to come."""
        memberships: dict[str, set[str]] = {}
        for name, words in lists.items():
            for word in words:
                memberships.setdefault(word, set()).add(name)
        for word in _plain_words(patterns):
            memberships.setdefault(word, set()).add(word)
        kinds = sorted({frozenset(names) for names in memberships.values()}, key=sorted)
        symbol_of_kind = {kind: chr(_FIRST_SYMBOL + i) for i, kind in enumerate(kinds)}
        self._symbols_of_list: dict[str, set[str]] = {}
        for kind, symbol in symbol_of_kind.items():
            for name in kind:
                self._symbols_of_list.setdefault(name, set()).add(symbol)
        self._symbol_of_word = {
            word: symbol_of_kind[frozenset(names)] for word, names in memberships.items()
        }
        self._symbol_of_word[BREAK] = BREAK
        self.words = frozenset(self._symbol_of_word)

    def encoded(self, words: Iterable[str]) -> str:
        """Return one character a word, between two clause ends."""
        shape = "".join(self._symbol_of_word.get(word, _UNKNOWN) for word in words)
        return f"{BREAK}{shape.strip(BREAK)}{BREAK}"

    def compiled(self, pattern: str) -> WordPattern:
        """Return the pattern, ready to search encoded words.

        Raises:
            ValueError: the pattern names a list that does not exist, or has a term that is none;
                of what is optional in it, only when its expression is asked.
        """
        terms = pattern.split()
        needs = tuple(map(self.symbols_of, _required(terms)))
        return WordPattern(lambda: "".join(map(self._expression_of, terms)), needs)

    def symbols_of(self, names: str) -> frozenset[str]:
        """Return the characters of all words that are in any of the lists ("SEND/mensaje").

        Raises:
            ValueError: a list does not exist.
        """
        asked = set(names.split("/"))
        if not names.isupper():
            asked = {name if name.isupper() else sound(name) for name in asked}
        missing = asked.difference(self._symbols_of_list)
        if missing:
            raise ValueError(f"no list or word is called {', '.join(sorted(missing))}")
        return frozenset().union(*(self._symbols_of_list[name] for name in asked))

    def _expression_of(self, term: str) -> str:
        if term == _UNKNOWN:
            return _UNKNOWN
        if term in _MARKS:
            return _MARKS[term]
        if term.startswith("~"):
            return f"[^{_CLAUSE_END}]{{0,{term[1:]}}}?"
        if term.startswith(")*"):
            return f"){{0,{term[2:]}}}"
        parts = _TERM.fullmatch(term)
        if parts is None:
            raise ValueError(f"{term!r} is no term of a pattern")
        most = f"{{0,{parts['most']}}}" if parts["most"] else parts["optional"] or ""
        return f"[{''.join(sorted(self.symbols_of(parts['names'])))}]{most}"


def _required(terms: list[str]) -> Iterator[str]:
    """Yield the terms without which the pattern finds nothing: outside groups, not optional."""
    depth = 0
    for term in terms:
        depth += term.startswith("(") - term.startswith(")")
        if depth == 0 and re.fullmatch(r"[^\W_][\w/-]*", term):
            yield term


def _plain_words(patterns: Iterable[str]) -> Iterator[str]:
    """Yield the words that the patterns spell out themselves, by their sound."""
    words = re.findall(r"[^\W\d_][\w-]*", " ".join(patterns))
    yield from sound(" ".join(word for word in words if not word.isupper())).split()
