"""How far something is, as a line."""

import pytest

from dhis2w_cli.progress import Progress


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("Rows", 1200), "Rows: 1,200, 400/s, 3 s"),
        (Progress("Row", 1200, share=0.5), "Row: [###############...............]  50% (1,200), 400/s, 3 s, 3 s left"),
        (Progress("Rows", 9, share=0.01), "Rows: [..............................]   1% (9), 3/s, 3 s, 5 min left"),
        (Progress("Sent", 0, 10), "Sent: [..............................]   0% (0 of 10), 3 s"),
        (Progress("Sent", 5, 10), "Sent: [###############...............]  50% (5 of 10), 2/s, 3 s, 3 s left"),
        (Progress("Sent", 11, 10), "Sent: [##############################] 100% (11 of 10), 4/s, 3 s"),
    ],
)
def test_a_bar_where_the_end_is_known(progress: Progress, line: str) -> None:
    assert progress.line(3) == line


def test_what_an_earlier_run_did_does_not_count_for_the_speed() -> None:
    now, first = Progress("Rows", 1300, share=0.5), Progress("Rows", 1000, share=0.2)
    assert now.line(3, first) == "Rows: [###############...............]  50% (1,300), 100/s, 3 s, 5 s left"
