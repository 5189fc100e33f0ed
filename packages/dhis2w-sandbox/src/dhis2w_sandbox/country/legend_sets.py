"""The legend sets of the demo country: colours for ranges of values."""

from __future__ import annotations

from dhis2w_sandbox.country.objects import Bundle, made, uid

# Code, name, and the legends: from, to, name, colour.
LEGEND_SETS = (
    (
        "COVERAGE",
        "Coverage (%)",
        (
            (0, 50, "Low", "#d7191c"),
            (50, 80, "Fair", "#fdae61"),
            (80, 95, "Good", "#a6d96a"),
            (95, 1000, "High", "#1a9641"),
        ),
    ),
    (
        "INCIDENCE",
        "Incidence per 1 000",
        (
            (0, 5, "Low", "#fee5d9"),
            (5, 20, "Moderate", "#fcae91"),
            (20, 60, "High", "#fb6a4a"),
            (60, 1000, "Epidemic", "#cb181d"),
        ),
    ),
)


def legend_set_metadata() -> Bundle:
    """The sets, with their legends inside."""
    return {
        "legendSets": [
            made(
                "legendSet",
                code,
                name,
                symbolizer="color",
                legends=[
                    {
                        "id": uid("legend", f"{code}.{label}"),
                        "name": label,
                        "startValue": float(start),
                        "endValue": float(end),
                        "color": color,
                    }
                    for start, end, label, color in legends
                ],
            )
            for code, name, legends in LEGEND_SETS
        ]
    }
