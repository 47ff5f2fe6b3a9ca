"""Whether a reply asks us to stop, or to start again.

Meta passes a typed BAJA on as plain text and leaves it to the business to honour it (WhatsApp
Business Messaging Policy). Stopping one supporter too many costs less than writing to one person
who refused, so short replies are read as a refusal when in doubt; starting again needs ALTA alone.
"""

import re
import unicodedata
from enum import StrEnum


class Intent(StrEnum):
    """What a reply asks of us."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    NONE = "none"


_START_WORD = "alta"
_STOP_WORD = re.compile(
    r"alto|bajas?|basta|cancel(?:a|ar|en)|desuscribir|detener|paren|remover|stop|unsubscribe"
)

# Words that decide nothing, before or after the one that does.
_COURTESY = re.compile(
    r"buen[ao]?s?|d(?:a|e|en)me|dias?|es|favor|gracias|hola|la|mi|muchas|noches?|ok|okay|porfa|por"
    r"|porfavor|quiero|quisiera|responder|respuesta|saludos|si|solicito|tardes?|una"
)

_WRITE = r"(?:contacte|envie|escriba|llame|mande|marque|moleste|busque|hable|insista)[ns]?|molestar"
_STOP_PHRASES = re.compile(
    r"\b(?:"
    + "|".join(
        (
            r"(?<!no me )(?<!no quiero )(?:da[nr]|dar(?:me|nos)|dame|den?me|den|des|doy) de baja",
            rf"no (?:(?:me|nos) )?(?:{_WRITE})",
            r"no (?:me|nos) (?:este|siga|vuelva)[ns]?",
            r"dej[ae][nr]? de (?:contact|envi|escrib|llam|mand|marc|molest)[ai]r(?:me|nos)?",
            r"dej[ae][nr]? de recibir",
            r"no (?:quiero|deseo|queremos) (?:estar|mas|mensajes|nada|publicidad|que me|recibir)",
            r"no mas (?:mensajes|propaganda|publicidad|spam)",
            r"(?:borr|elimin|quit|sac|saqu)\w* (?:mi numero|de (?:esta|la|su) lista)",
            r"(?:borr|elimin|quit|saqu)[ae]n?me",
            r"salir de (?:esta|la|su) lista",
        )
    )
    + r")\b"
)

# "Baja" before these is a verb and asks for cheaper things ("baja los impuestos, candidato").
_LOWERED = re.compile(
    r"el|l[ao]s?|un[ao]?s?|tus?|sus?|impuestos?|precios?|tarifas?|costos?|sueldos?"
)

# A stop word may open a sentence ("baja los impuestos, candidato, que ya no alcanza") and a
# phrase may be part of a story; beyond these lengths neither is an order to us.
_MAX_WORDS_AFTER_STOP_WORD = 4
_MAX_WORDS_AROUND_PHRASE = 25


def intent_of(text: str) -> Intent:
    """Return what a reply or a button's payload asks, whatever its case, accents or punctuation.

    OPT_OUT: after words of courtesy, a stop word with at most four words behind it; BAJA with
    anything behind it but what somebody may want lowered; a known phrase ("ya no me manden
    mensajes") in at most 25 words; or "ya no" alone.
    OPT_IN: ALTA with nothing but courtesy behind it. Everything else is NONE.
    """
    said = _folded(text).split()
    words = [word for word, before in zip(said, ["", *said], strict=False) if word != before]
    core = [word for word in words if not _COURTESY.fullmatch(word)]
    if words[:1] == core == [_START_WORD]:
        return Intent.OPT_IN
    return Intent.OPT_OUT if core and _refuses(words, core) else Intent.NONE


def _refuses(words: list[str], core: list[str]) -> bool:
    words_behind = len(words) - words.index(core[0]) - 1
    stop_word = _STOP_WORD.fullmatch(_unstretched(core[0]))
    if stop_word and words_behind <= _MAX_WORDS_AFTER_STOP_WORD:
        return True
    if stop_word and _unstretched(core[0]) == "baja":
        return not _LOWERED.fullmatch(words[words.index(core[0]) + 1]) or _has_phrase(words)
    return core == ["ya", "no"] or _has_phrase(words)


def _has_phrase(words: list[str]) -> bool:
    short = len(words) <= _MAX_WORDS_AROUND_PHRASE
    return short and _STOP_PHRASES.search(" ".join(words)) is not None


def _folded(text: str) -> str:
    """Return lower-case words without accents, invisible characters or punctuation."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    visible = [char for char in decomposed if unicodedata.category(char) not in {"Mn", "Cf"}]
    words = re.sub(r"[\W_]+", " ", "".join(visible)).strip()
    spelt_out = re.fullmatch(r"\w(?: \w)+", words)  # "B.A.J.A." or "b a j a"
    return words.replace(" ", "") if spelt_out else words


def _unstretched(word: str) -> str:
    """Return "baja" for "bajaaa"."""
    return re.sub(r"(.)\1+", r"\1", word)
