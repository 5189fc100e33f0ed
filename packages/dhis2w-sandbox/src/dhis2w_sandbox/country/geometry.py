"""The land of the demo country: an island laid out in hexagons, so that its parts nest without a gap.

Three hexagons meet at every corner, so a connected set of them has an outline that never touches itself, and two
neighbours have the very same corners along their border. Every corner is moved a little, which makes coasts and
borders look like those of a map. Coordinates are degrees, longitude first, as GeoJSON has them (RFC 7946).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin, sqrt
from random import Random
from typing import Any, TypeVar

Json = dict[str, Any]
Point = tuple[float, float]
Cell = tuple[int, int]
"""A hexagon by its axial coordinates: column and row."""
Corner = tuple[Cell, Cell, Cell]
"""Where three hexagons meet."""
Piece = TypeVar("Piece", Cell, int)

CENTRE: Point = (-19.6, -11.8)  # open sea, south of the equator
SIZE = 0.09  # degrees from the middle of a hexagon to its corners
RADIUS = 1.9  # degrees from the middle of the island to its coast, about
NEIGHBOURS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))  # counter-clockwise, from the east
GOLDEN_ANGLE = pi * (3 - sqrt(5))


@dataclass(frozen=True)
class Land:
    """The island and its parts; the first cell of a district is its town."""

    districts: list[list[Cell]]
    regions: list[list[int]]
    """Numbers of districts."""

    @property
    def country(self) -> list[Cell]:
        """All cells."""
        return [cell for district in self.districts for cell in district]

    def region(self, number: int) -> list[Cell]:
        """The cells of a region."""
        return [cell for district in self.regions[number] for cell in self.districts[district]]


def make_land(random: Random, districts: int, regions: int) -> Land:
    """Let an island rise from the sea and divide it into districts, and these into regions."""
    cells = {cell: middle(cell) for cell in _island(random)}
    parts = _divided(cells, neighbours, _seeds(cells, districts))
    owner = {cell: number for number, part in enumerate(parts) for cell in part}
    towns = {number: middle(part[0]) for number, part in enumerate(parts)}

    def beside(number: int) -> set[int]:
        return {owner[cell] for own in parts[number] for cell in neighbours(own) if cell in owner} - {number}

    return Land(parts, _divided(towns, beside, _seeds(towns, regions)))


def area(cells: Iterable[Cell]) -> Json:
    """The polygon of connected cells: outline first, counter-clockwise, then holes."""
    rings = sorted(_rings(set(cells)), key=_signed_area, reverse=True)
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring] for ring in rings]}


def spot(cell: Cell, random: Random) -> Json:
    """A point well inside a cell."""
    x, y = middle(cell)
    angle, reach = random.uniform(0, 2 * pi), random.uniform(0, 0.4 * SIZE)
    return {"type": "Point", "coordinates": list(_rounded((x + reach * cos(angle), y + reach * sin(angle))))}


def middle(cell: Cell) -> Point:
    """The middle of a hexagon."""
    column, row = cell
    return CENTRE[0] + SIZE * sqrt(3) * (column + row / 2), CENTRE[1] + SIZE * 1.5 * row


def neighbours(cell: Cell) -> list[Cell]:
    """The six hexagons around one, counter-clockwise."""
    return [(cell[0] + column, cell[1] + row) for column, row in NEIGHBOURS]


def _island(random: Random) -> list[Cell]:
    """All cells that the middle reaches over land; the coast wobbles by a few waves."""
    waves = [(count, random.uniform(0.03, 0.12), random.uniform(0, 2 * pi)) for count in (2, 3, 5, 7)]

    def is_land(cell: Cell) -> bool:
        x, y = middle(cell)
        x, y = x - CENTRE[0], y - CENTRE[1]
        away = hypot(x, y) or SIZE
        turns = complex(x / away, y / away)
        coast = 1 + sum(height * ((turns**count) * complex(cos(at), sin(at))).real for count, height, at in waves)
        return away < RADIUS * coast

    found: dict[Cell, None] = {(0, 0): None}
    fresh = list(found)
    while fresh:
        fresh = [cell for cell in dict.fromkeys(near for old in fresh for near in neighbours(old)) if cell not in found]
        fresh = [cell for cell in fresh if is_land(cell)]
        found.update(dict.fromkeys(fresh))
    return list(found)


def _seeds(pieces: Mapping[Piece, Point], count: int) -> list[Piece]:
    """Pieces spread evenly over a land, as a sunflower spreads its seeds; the first is in the middle."""
    free = dict(pieces)
    seeds: list[Piece] = []
    for number in range(count):
        reach, angle = 0.9 * RADIUS * sqrt(number / count), number * GOLDEN_ANGLE
        wanted = CENTRE[0] + reach * cos(angle), CENTRE[1] + reach * sin(angle)
        seed = min(free, key=lambda piece, wanted=wanted: (_distance(free[piece], wanted), piece))
        seeds.append(seed)
        del free[seed]
    return seeds


def _divided(
    pieces: Mapping[Piece, Point], beside: Callable[[Piece], Iterable[Piece]], seeds: Sequence[Piece]
) -> list[list[Piece]]:
    """Share a connected land out among its seeds: always the smallest part takes the nearest free piece beside it."""
    parts = [[seed] for seed in seeds]
    free = set(pieces) - set(seeds)
    reach = [free.intersection(beside(seed)) for seed in seeds]
    while free:
        number = min((number for number, near in enumerate(reach) if near), key=lambda number: len(parts[number]))
        home = pieces[seeds[number]]
        taken = min(reach[number], key=lambda piece, home=home: (_distance(pieces[piece], home), piece))
        parts[number].append(taken)
        free.remove(taken)
        reach[number].update(free.intersection(beside(taken)))
        for near in reach:
            near.discard(taken)
    return parts


def _rings(cells: set[Cell]) -> list[list[Point]]:
    """The closed lines around cells, with the cells to their left."""
    onward: dict[Corner, Corner] = {}
    for cell in cells:
        around = neighbours(cell)
        for side, near in enumerate(around):
            if near not in cells:
                onward[_corner(cell, around[side - 1], near)] = _corner(cell, near, around[(side + 1) % 6])
    rings: list[list[Point]] = []
    while onward:
        line = [min(onward)]
        while line[-1] in onward:
            line.append(onward.pop(line[-1]))
        rings.append([_place(corner) for corner in line])
    return rings


def _corner(*cells: Cell) -> Corner:
    first, second, third = sorted(cells)
    return first, second, third


def _place(corner: Corner) -> Point:
    """Where a corner is: in the middle of its hexagons, moved by what looks like chance and depends on nothing else."""
    xs, ys = zip(*(middle(cell) for cell in corner), strict=True)
    x, y = sum(xs) / 3, sum(ys) / 3
    return _rounded((x + 0.2 * SIZE * sin(97 * x + 61 * y), y + 0.2 * SIZE * sin(83 * y - 71 * x)))


def _rounded(point: Point) -> Point:
    return round(point[0], 4), round(point[1], 4)


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _signed_area(ring: list[Point]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2
