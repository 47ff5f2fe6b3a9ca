"""Where the demo's voters come from: made up, or a spreadsheet's export."""

import random
from pathlib import Path

from rich.console import Console

from devstack.demo.screen import show_list
from devstack.demo.spreadsheet import ListError
from devstack.demo.voter_list import read_voter_list
from devstack.stack.campaign import VoterRow

__all__ = ["ListError", "made_up_voters", "read_list"]

NAMES = ("Ana", "José Luis", "María", "Íñigo", "Guadalupe", "Sofía", "Ángel", "Xóchitl", "Raúl")
SURNAMES = ("Hernández", "García", "Peña", "López", "Muñoz", "Ramírez", "Nguyen", "D'Angelo")
SENTIMENTS = ("positive", "neutral", "negative")
TAGS = ("voluntario", "mitin", "vecino")

# How lists really look: most numbers are fine under any of these spellings.
SPELLINGS = (
    "{0} {1} {2}",
    "{0}{1}{2}",
    "({0}) {1}-{2}",
    "+52 {0} {1} {2}",
    "+52 1 {0} {1} {2}",
    "521{0}{1}{2}",
    "044 {0} {1} {2}",
    "01 {0} {1} {2}",
    "0052 {0}-{1}-{2}",
)
JUNK = ("", "   ", "no tiene", "5512-34", "123", "+1 212 555 0148", "+34 612 34 56 78")
JUNK_SHARE, REPEATED_SHARE, NAMELESS_SHARE = 0.06, 0.03, 0.01
SILENT_SHARE = 0.04  # never agreed to be written to


def made_up_voters(count: int, seed: int) -> list[VoterRow]:
    """Return voters as a real list has them: many spellings, junk, duplicates, blanks.

    Some never agreed to be written to.
    """
    chance = random.Random(seed)
    numbers = chance.sample(range(10_000_000, 99_999_999), count)
    voters: list[VoterRow] = []
    for number in numbers:
        phone = chance.choice(SPELLINGS).format("55", number // 10_000, f"{number % 10_000:04}")
        if chance.random() < JUNK_SHARE:
            phone = chance.choice(JUNK)
        elif voters and chance.random() < REPEATED_SHARE:
            phone = chance.choice(voters).phone
        name = f"{chance.choice(NAMES)} {chance.choice(SURNAMES)}"
        voters.append(
            VoterRow(
                full_name="" if chance.random() < NAMELESS_SHARE else name,
                phone=phone,
                section=str(chance.randrange(1, 60)),
                sentiment=chance.choice(SENTIMENTS),
                tags=chance.sample(TAGS, chance.randrange(len(TAGS))),
                agreed=chance.random() >= SILENT_SHARE,
            )
        )
    return voters


def read_list(path: Path) -> list[VoterRow]:
    """Read a spreadsheet's export, and tell the person at the screen what was taken from it.

    Raises:
        ListError: there is no such file, or it cannot be read as a list.
    """
    try:
        voters = read_voter_list(path.read_bytes())
    except OSError as error:
        reason = "no existe" if isinstance(error, FileNotFoundError) else "no se pudo abrir"
        raise ListError(f"No se puede leer {path}: {reason}.") from None
    except ListError as error:
        raise ListError(f"{path}: {error}") from None
    show_list(Console(), voters)
    return voters.voters
