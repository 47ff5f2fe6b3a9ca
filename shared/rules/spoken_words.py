"""Written Spanish brought down to what it sounds like, so that spellings stop mattering.

"¡¡Ya no eskriban!!", "ya no escriban" and "YA NO ESCRÍBAN" come out alike. What people type on a
phone drops accents, doubles letters and swaps b and v, s and z, k and qu; all of these sound the
same, and a word list that is folded by the same rules needs each word once, rightly spelt.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

BREAK = "."
_SILENT = {"Mn", "Me", "Cf"}  # accents, enclosing marks such as a keycap's, invisible characters
_SPELT_OUT = re.compile(r"(?<![^\W_])[^\W_kqxy](?:[\W_]{1,2}[^\W_kqxy](?![^\W_])){2,}")
_APOSTROPHES = str.maketrans("", "", "'\u2019")  # don't is one word
_TOKEN = re.compile(r"[^\W_]+|\n|[^\w\s*~`\"“”«»/#+-]")
_DIGITS_AS_LETTERS = str.maketrans("0134", "oiea")

_DOUBLED = re.compile(r"(.)\1+")
_ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm")
_KEYS_BESIDE = {
    letter: {
        key
        for other in _ROWS[max(0, y - 1) : y + 2]
        for key in other[max(0, x - 1) : x + 2]
        if key != letter
    }
    for y, row in enumerate(_ROWS)
    for x, letter in enumerate(row)
}

# In this order: a rule reads what the ones before it left.
_SOUNDS = tuple(
    (re.compile(spelling), sound)
    for spelling, sound in (
        (r"g(?=[ei])", "j"),  # mensage
        (r"gu(?=[ei])", "g"),  # fregue
        (r"qu(?=[^ao]|$)|q|c(?![ehi])", "k"),  # ekivocado, kiero, saqunme
        (r"c(?=[ei])|z", "s"),
        ("ll", "y"),
        ("v", "b"),
        (r"m(?=[bp])", "n"),  # embiar, canpaña
        (r"(.)\1+", r"\1"),  # bajaaa, borrenme and borenme
        (r"(?<!c)h", ""),  # last, so that "baha" keeps both its vowels
    )
)


def sound(text: str) -> str:
    """Return the lower-case text by its sound: without accents, "qu" and "c" as "k", "v" as "b"."""
    heard = _visible(text).casefold()
    for spelling, letter in _SOUNDS:
        heard = spelling.sub(letter, heard)
    return heard


def _visible(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if unicodedata.category(char) not in _SILENT)


def heard_words(text: str) -> list[str]:
    """Return the words by their sound, with BREAK where a mark, an emoji or a line ends a clause.

    Words that are spelt out ("B.A.J.A.", "b a j a") are one word. Quotation marks, hyphens and
    WhatsApp's own marks (*bold*, _italic_, ~struck~) separate words and end no clause.
    """
    lines = text.split("\n")
    if all(len(line.split()) <= 1 for line in lines):  # one word a line is no end of a clause
        text = " ".join(lines)
    joined = _SPELT_OUT.sub(lambda run: re.sub(r"[\W_]", "", run[0]), _visible(text))
    return list(_tokens(sound(joined.translate(_APOSTROPHES))))


def _tokens(heard: str) -> Iterator[str]:
    before = BREAK
    for token in _TOKEN.findall(heard):
        if not token.isalnum():
            if before.isalnum():
                yield BREAK
        elif token.isalpha() or token.isdigit():
            yield token
        else:
            yield token.translate(_DIGITS_AS_LETTERS)  # b4ja, st0p
        before = token


def conjugated(verb: str) -> dict[str, set[str]]:
    """Return the forms of a regular verb, by the part each plays in a demand; all by their sound.

    Args:
        verb: the infinitive; of a verb whose stem changes, that stem too ("remover:remuev").

    Returns:
        ORDER ("mande", "manden", "mandes": also what follows "no" or "que"), NOW ("mandan"),
        I ("mando"), WERE ("mandaran"), DONE ("mandado"), INF, ING, IT ("mándenlo"); and ORDER-ME,
        INF-ME, ING-ME ("mándenme", "mandarme", "mandándonos").
    """
    infinitive, _, changed = verb.partition(":")
    root = sound(infinitive[:-2])
    stems = {root, sound(changed)} if changed else {root}
    order, now, ing, were, done = (
        ("e", "a", "ando", "ara", "ad")
        if infinitive.endswith("ar")
        else ("a", "e", "iendo", "iera", "id")
    )
    forms = {
        "ORDER": {stem + order + person for stem in stems for person in ("", "n", "s")},
        "NOW": {stem + now + person for stem in stems for person in ("", "n", "s")},
        "INF": {sound(infinitive)},
        "ING": {root + ing},
        "WERE": {root + were, root + were + "n"},
        "I": {stem + "o" for stem in stems},
        "DONE": {root + done + end for end in ("o", "a", "os", "as")},
    }
    forms = {part: _single(words) for part, words in forms.items()}
    with_me = {f"{part}-ME": _with(("me", "nos"), forms[part]) for part in ("ORDER", "INF", "ING")}
    with_me["ORDER-ME"] |= _with(("me", "nos"), {stem + now for stem in stems})
    with_me["ORDER-ME"] |= _with(("men",), forms["ORDER"])  # "bórrenmen", as many say it
    thing = {"IT": _with(("lo", "los", "la", "las"), forms["ORDER"] | forms["INF"] | forms["NOW"])}
    return forms | with_me | thing


def _with(pronouns: tuple[str, ...], forms: set[str]) -> set[str]:
    return _single(form + pronoun for form in forms for pronoun in pronouns)


def _single(words: Iterable[str]) -> set[str]:
    return set(_DOUBLED.sub(r"\1", " ".join(words)).split())


def slips_of(word: str) -> set[str]:
    """Return what a thumb makes of a word: a letter left out, two swapped, or a key beside hit."""
    slips = set()
    for i, letter in enumerate(word):
        before, behind = word[:i], word[i + 1 :]
        slips |= {before + key + behind for key in _KEYS_BESIDE[letter]}
        slips |= {before + letter + key + behind for key in _KEYS_BESIDE[letter]}
        slips |= {before + key + letter + behind for key in _KEYS_BESIDE[letter]}
        slips |= {before + behind, before + behind[:1] + letter + behind[1:]}
    return set(sound(" ".join(slips)).split()) - {word}
