"""DHIS2 2.43: the names of `dhis2w_client`; `open_client` and `Dhis2Client` expect 2.43."""

from dhis2w_client import HOMES
from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import *  # noqa: F403 # a face has every name there is
    from .client_context import *  # noqa: F403 # ... and two of its own

_OWN = dict.fromkeys(("Dhis2Client", "open_client"), f"{__name__}.client_context")

__getattr__, __dir__ = lazy_names(__name__, {**HOMES, **_OWN})
