"""The land of the demo country: parts that nest without a gap, and facilities inside their district."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from dhis2w_sandbox.country.bundle import demo_country
from dhis2w_sandbox.country.geometry import Json, Land, area, make_land
from dhis2w_sandbox.schemas import load_schemas

Point = tuple[float, float]
SEEDS = range(20)


@pytest.fixture(scope="module", params=SEEDS)
def land(request: pytest.FixtureRequest) -> Land:
    return make_land(Random(request.param), 20, 5)  # noqa: S311 - a landscape, no secret


def rings(polygon: Json) -> list[list[Point]]:
    assert polygon["type"] == "Polygon"
    return [[(x, y) for x, y in ring] for ring in polygon["coordinates"]]


def borders(polygons: list[Json]) -> Counter[tuple[Point, Point]]:
    """The sides of all polygons, without those that two polygons have in common."""
    sides = Counter(side for polygon in polygons for ring in rings(polygon) for side in pairwise(ring))
    return Counter({side: count for side, count in sides.items() if side[::-1] not in sides})


def size(polygon: Json) -> float:
    return sum(x1 * y2 - x2 * y1 for ring in rings(polygon) for (x1, y1), (x2, y2) in pairwise(ring)) / 2


def contains(polygon: Json, point: Point) -> bool:
    """Whether a ray from the point to the east leaves the polygon an odd number of times."""
    x, y = point
    crossings = [
        x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        for ring in rings(polygon)
        for (x1, y1), (x2, y2) in pairwise(ring)
        if (y1 > y) != (y2 > y)
    ]
    return sum(crossings) % 2 == 1


def test_parts_nest_without_gap_or_overlap(land: Land) -> None:
    country = area(land.country)
    regions = [area(land.region(number)) for number in range(len(land.regions))]
    districts = [area(cells) for cells in land.districts]
    assert borders(districts) == borders(regions) == borders([country])
    assert sum(map(size, districts)) == pytest.approx(size(country), rel=1e-9)
    assert sum(map(size, regions)) == pytest.approx(size(country), rel=1e-9)


def test_a_region_is_made_of_whole_districts(land: Land) -> None:
    assert sorted(number for region in land.regions for number in region) == list(range(len(land.districts)))
    for number, members in enumerate(land.regions):
        assert borders([area(land.districts[member]) for member in members]) == borders([area(land.region(number))])


def test_outlines_are_closed_lines_that_never_touch_themselves(land: Land) -> None:
    for cells in [land.country, *land.districts]:
        outer, *holes = rings(area(cells))
        assert holes == []
        assert outer[0] == outer[-1]
        assert len(set(outer)) == len(outer) - 1
        assert size(area(cells)) > 0


def test_parts_are_of_comparable_size(land: Land) -> None:
    cells = [len(district) for district in land.districts]
    assert min(cells) >= 10
    assert max(cells) <= 3 * min(cells)


@pytest.mark.parametrize("seed", SEEDS)
def test_facilities_stand_inside_their_district_and_only_there(seed: int) -> None:
    units = demo_country(load_schemas("v42"), seed)["organisationUnits"]
    polygons = {row["id"]: row["geometry"] for row in units if row["geometry"]["type"] == "Polygon"}
    districts = {row["parent"]["id"] for row in units if row["geometry"]["type"] == "Point"}
    for row in units:
        if row["geometry"]["type"] == "Point":
            x, y = row["geometry"]["coordinates"]
            assert [id for id in districts if contains(polygons[id], (x, y))] == [row["parent"]["id"]]
