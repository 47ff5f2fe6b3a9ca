"""What thumbs make of the words by which people refuse: short forms, left out vowels and slips."""

import re
from collections.abc import Container

from shared.rules.opt_out_words import LISTS
from shared.rules.spoken_words import slips_of, sound

# What people type, and what they mean by it ("_" parts words).
_SHORT_FOR = """
k:que q:que x:por xq:porque pq:porque d:de dl:del m:me t:te ls:les dsu:de_su xfa:porfa xfavor:porfa
xfis:porfa porfavor:porfa porfis:porfa pf:porfa plis:porfa pls:porfa plz:porfa please:porfa
grax:gracias grs:gracias thanks:gracias msj:mensaje msjs:mensajes msjes:mensajes mjs:mensajes
mnsj:mensaje mnsjs:mensajes mjes:mensajes n:no nd:nada ms:mas mndn:manden mnden:manden mndar:mandar
fvr:favor enpas:en_paz empas:en_paz enpaz:en_paz msg:mensaje msgs:mensajes mensajitos:mensajes
mensajito:mensaje sms:mensajes whats:whatsapp wats:whatsapp wasap:whatsapp guasap:whatsapp
wpp:whatsapp wsp:whatsapp num:numero nro:numero nmro:numero nume:numero tel:telefono cel:celular
celu:celular fon:telefono dnme:denme dme:deme sakenme:saquenme kitenme:quitenme qtenme:quitenme
xingar:chingar xinguen:chinguen xingando:chingando yano:ya_no nm:nomas nome:no_me qro:quiero
kro:quiero toy:estoy dbaja:de_baja darmedebaja:darme_de_baja denmedebaja:denme_de_baja
bajaporfavor:baja_porfa propa:propaganda publi:publicidad prop:propaganda info:informacion
promos:promociones im:i_m dont:do_not donot:do_not u:you ur:your
"""

SHORT_FOR: dict[str, list[str]] = {
    sound(short): [sound(word) for word in meant.split("_")]
    for short, meant in (entry.split(":") for entry in _SHORT_FOR.split())
}

_VOWEL = re.compile("[aeiou]")
_CLIPPED = re.compile("[^aeiou]{3}|[^aeiou]{2}$|me$")
_OFTEN_CLIPPED = (
    *("MESSAGE", "NUMBER", "QUIT", "GIVE-ME", "REMOVE-ORDER", "REMOVE-ORDER-ME"),
    *("SEND-ORDER", "SEND-ORDER-ME", "SEND-INF", "SEND-ING", "AGAIN", "SEND-ING-ME"),
)
_FEWEST_CONSONANTS = 3
_GLUED = range(9, 60)  # letters; shorter words fall apart into others by chance
_LONGEST_WORD = 16
_BEGIN_DEMANDS = LISTS["NOT"] | LISTS["QUIT"] | LISTS["REMOVE-ORDER-ME"] | {"ya", "baja"}
_OF_CONSONANTS = {
    consonants: word
    for name in _OFTEN_CLIPPED
    for word in sorted(LISTS[name])
    if len(consonants := _VOWEL.sub("", word)) >= _FEWEST_CONSONANTS
}

_COMMANDS = LISTS["COMMAND"] | {"cancelar", "detener"}
# As near to a stop word, and words of their own: "vaya" is "all right".
_REAL_WORDS = ("aja", "va", "vaya", "faja", "bahia", "baña", "cancelado", "top", "shop", "strip")


def meant_by(word: str, known: Container[str]) -> list[str]:
    """Return what a heard word stands for: itself, "por" for "x", "no me manden" for "nomemanden".

    Args:
        word: as spoken_words.heard_words has it.
        known: words that are no clipped ones, though they look like it ("text").
    """
    if word in SHORT_FOR:
        return SHORT_FOR[word]
    if word in known:
        return [word]
    if _CLIPPED.search(word) and (whole := _OF_CONSONANTS.get(_VOWEL.sub("", word))):
        return [whole]
    return _parted(word, known) if len(word) in _GLUED else [word]


def _parted(glued: str, known: Container[str]) -> list[str]:
    """Return the fewest known words that are typed without a space, or the one word itself.

    A letter that ends one word and begins the next is heard once: "nomescriban".
    """
    fewest: dict[int, list[str]] = {0: []}  # by where they end
    for end in range(2, len(glued) + 1):
        ways = [
            [*fewest[joint], glued[start:end]]
            for start in range(max(0, end - _LONGEST_WORD), end - 1)
            if glued[start:end] in known
            for joint in (start, start + 1)
            if joint in fewest
        ]
        if ways:
            fewest[end] = min(ways, key=len)
    words = fewest.get(len(glued), [glued])
    return words if words[0] in _BEGIN_DEMANDS else [glued]


def slips_of_commands() -> set[str]:
    """Return all that is one slip of the thumb away from a stop word, and no word of its own."""
    slips = {slip for command in _COMMANDS for slip in slips_of(command)}
    return slips - _COMMANDS - set(map(sound, _REAL_WORDS))


def is_slip_of_command(words: list[str], slips: set[str]) -> bool:
    """Return whether a message's words come to a stop word but for one slip ("BSJA", "BA JA").

    Args:
        words: as heard, and none of those that decide nothing.
        slips: those of slips_of_commands.
    """
    if len(set(words)) == 1:
        return words[0] in slips
    return "".join(words) in LISTS["COMMAND"]
