"""The operations that DHIS2 2.43 has, by area: `dhis2w_core.v43.plugins.metadata.list`."""

from dhis2w_client.versions import Dhis2
from dhis2w_core.plugins import view_names

__getattr__, __dir__ = view_names(__name__, Dhis2.V43)
