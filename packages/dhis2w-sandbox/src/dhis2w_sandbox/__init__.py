"""An embedded server that behaves like DHIS2, for tests, demos and CI."""

from dhis2w_sandbox.faults import Fault
from dhis2w_sandbox.sandbox import Sandbox

__all__ = ["Fault", "Sandbox"]
