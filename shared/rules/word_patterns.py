"""Patterns of words instead of letters: "NOT LINK*5 ME SEND-ORDER" finds "no quiero que me manden".

Every word of a text becomes one character, which stands for all the lists that the word is in, and
a pattern becomes a regular expression over those characters. So a pattern stays as short as it
reads, a list may grow without any pattern becoming slower, and a text is read in linear time:
repeats are bounded, and a whole message has at most some two thousand words.
"""

import re
from collections.abc import Iterable, Mapping

from shared.rules.spoken_words import BREAK, sound

UNKNOWN = "_"
_AS_IN_REGEX = {"(": "(?:", "(?!": "(?!", ")": ")", ")?": ")?", "|": "|"}
_EDGES = {
    "^": rf"(?<=\{BREAK})",
    "$": rf"(?=\{BREAK})",
    "^^": rf"\A\{BREAK}+",
    "$$": rf"\{BREAK}+\Z",
    ",": rf"\{BREAK}+",
    ",?": rf"\{BREAK}*",
}
_TERM = re.compile(r"(?P<names>[^?*]+)(?:(?P<optional>\?)|\*(?P<most>\d+))?")
_FIRST_SYMBOL = 0xE000  # the private use area: no text of ours is written in it


def patterns_in(text: str) -> tuple[str, ...]:
    """Return the patterns of a text: one a line, which an indented line continues; "#" comments."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(filter(None, re.sub(r"\n +", " ", "\n".join(lines)).splitlines()))


class WordPatterns:
    """Lists of words and the patterns over them.

    A pattern's terms are separated by blanks:
        `SEND` any word of that list; `mensaje` that word; `SEND/mensaje` either;
        `SEND?` or none; `SEND*3` up to three; `~3` up to three words of any kind;
        `^`, `$` where a clause starts, ends; `^^`, `$$` the same of the whole message;
        `,` the end of a clause, `,?` or none;
        `( ... | ... )`, `( ... )?`, `(?! ... )` as in a regular expression.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]], patterns: Iterable[str]) -> None:
        """Take the lists (words by their sound, by the list's name) and all patterns to come."""
        memberships: dict[str, set[str]] = {}
        for name, words in lists.items():
            for word in words:
                memberships.setdefault(word, set()).add(name)
        for pattern in patterns:
            for word in _plain_words(pattern):
                memberships.setdefault(sound(word), set()).add(sound(word))
        kinds = sorted({frozenset(names) for names in memberships.values()}, key=sorted)
        self._symbol_of_kind = {kind: chr(_FIRST_SYMBOL + i) for i, kind in enumerate(kinds)}
        self._symbols = {
            word: self._symbol_of_kind[frozenset(names)] for word, names in memberships.items()
        }
        self._symbols[BREAK] = BREAK

    def encoded(self, words: Iterable[str]) -> str:
        """Return one character a word, between two clause ends."""
        return BREAK + "".join(self._symbols.get(word, UNKNOWN) for word in words) + BREAK

    def compiled(self, pattern: str) -> re.Pattern[str]:
        """Return the regular expression over encoded words.

        Raises:
            ValueError: the pattern names a list that does not exist.
        """
        return re.compile("".join(self._term(term) for term in pattern.split()))

    def symbols_of(self, names: str) -> str:
        """Return the characters of all words that are in any of the lists ("SEND/mensaje")."""
        asked = {name if name.isupper() else sound(name) for name in names.split("/")}
        found = [symbol for kind, symbol in self._symbol_of_kind.items() if kind & asked]
        missing = asked.difference(*self._symbol_of_kind)
        if missing:
            raise ValueError(f"no list or word is called {', '.join(sorted(missing))}")
        return "".join(found)

    def _term(self, term: str) -> str:
        if term in _AS_IN_REGEX or term in _EDGES:
            return _AS_IN_REGEX.get(term) or _EDGES[term]
        if term.startswith("~"):
            return rf"[^\{BREAK}]{{0,{term[1:]}}}?"
        if term.startswith(")*"):
            return f"){{0,{term[2:]}}}"
        parts = _TERM.fullmatch(term)
        if parts is None:
            raise ValueError(f"{term!r} is no term of a pattern")
        most = f"{{0,{parts['most']}}}" if parts["most"] else parts["optional"] or ""
        return f"[{self.symbols_of(parts['names'])}]{most}"


def _plain_words(pattern: str) -> Iterable[str]:
    """Yield the words that a pattern spells out itself."""
    return (word for word in re.findall(r"[^\W\d_][\w-]*", pattern) if not word.isupper())
