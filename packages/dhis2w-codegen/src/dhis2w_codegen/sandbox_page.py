"""The page of the documentation that lists every endpoint of the sandbox with the evidence for its behaviour."""

from __future__ import annotations

from dhis2w_sandbox.evidence import evidence_markdown
from dhis2w_sandbox.sandbox import all_endpoints

HEAD = """# What the sandbox answers

Written by `make generate` from the sandbox's own endpoints. `recorded`: held equal to recorded answers of real servers;
`source`: written from DHIS2's source code; `inferred`: concluded from documentation or related answers. `{type}` stands
for every metadata type of the version. What DHIS2 has and this table has not is answered with 501; what DHIS2 has not
is answered as DHIS2 answers it.

"""


def sandbox_page() -> str:
    """The page, in Markdown."""
    return HEAD + evidence_markdown(all_endpoints())
