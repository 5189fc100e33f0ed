"""`open_client` and `Dhis2Client` for programs written for DHIS2 2.43."""

from dhis2w_client import client, client_context
from dhis2w_client._dispatch import opener
from dhis2w_client.versions import Dhis2

__all__ = ["Dhis2Client", "open_client"]


class Dhis2Client(client.Dhis2Client):
    """A client that expects DHIS2 2.43: it warns when the server is another version, and speaks that one's dialect."""

    EXPECT = Dhis2.V43


open_client = opener(Dhis2Client, client_context.open_client)
