"""What the places of the demo country are called: made up, so that nobody mistakes them for somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

COUNTRY = "Tembara"
REGIONS = ("Amberi", "Tolwanda", "Senguya", "Morrova", "Ketiwane")
DISTRICTS = (
    "Kemba",
    "Olimba",
    "Dastora",
    "Mirenga",
    "Pallonde",
    "Tesharo",
    "Wundela",
    "Lakopi",
    "Zirimba",
    "Fanagolo",
    "Burenda",
    "Ishalwe",
    "Gorumbi",
    "Natembo",
    "Chilavoro",
    "Rovanga",
    "Sulemwa",
    "Hakondi",
    "Vorembe",
    "Yalinto",
)

FIRST = ("Ba", "Che", "Da", "Fo", "Go", "Ka", "Ki", "La", "Lo", "Ma", "Mbe", "Na", "Nyo", "Pa", "Ro", "Sa", "Te", "Wa")
MIDDLE = ("", "la", "li", "ma", "mbo", "nda", "ngo", "ra", "ri", "so", "ta", "vu")
LAST = ("be", "di", "ka", "lo", "mbe", "ndo", "nga", "ri", "sa", "we", "yo")


def villages(random: Random) -> Iterator[str]:
    """Names of villages without end as far as syllables go (some 2,000), each one once."""
    names = [first + middle + last for first in FIRST for middle in MIDDLE for last in LAST]
    random.shuffle(names)
    taken = {name.lower() for name in (COUNTRY, *REGIONS, *DISTRICTS)}
    return (name for name in names if name.lower() not in taken)


def of(place: str) -> str:
    """`de Kemba`, `d'Olimba`: how French names what belongs to a place."""
    return f"d'{place}" if place[0] in "AEIOU" else f"de {place}"
