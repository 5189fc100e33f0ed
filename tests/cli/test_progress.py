"""How far something is, as a line."""

import pytest

from dhis2w_cli.progress import Progress


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("Rows", 1200), "Rows: 1,200, 3 s"),
        (Progress("Sent", 0, 10), "Sent: [..............................]   0% (0 of 10), 3 s"),
        (Progress("Sent", 5, 10), "Sent: [###############...............]  50% (5 of 10), 3 s"),
        (Progress("Sent", 11, 10), "Sent: [##############################] 100% (11 of 10), 3 s"),
    ],
)
def test_a_bar_where_the_end_is_known(progress: Progress, line: str) -> None:
    assert progress.line(3) == line
