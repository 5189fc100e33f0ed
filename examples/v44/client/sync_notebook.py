"""The blocking twin, cell by cell, as in a notebook: the same names without `await`.

Reads DHIS2_URL and DHIS2_PAT (or DHIS2_USERNAME and DHIS2_PASSWORD) from the environment.
"""

# %% connect
from dhis2w_client.sync import open_client
from dhis2w_client.v44 import Dhis2, NoProfileError, profile_from_env_raw

profile = profile_from_env_raw()
if profile is None:
    raise NoProfileError("Set DHIS2_URL and DHIS2_PAT.")

# %% look around; `expect` warns when the server is of another version
with open_client(profile, expect=Dhis2.V44) as client:
    print(f"DHIS2 {client.raw_version}, user {client.system.me().username}")
    units = client.get("organisationUnits", params={"filter": "level:eq:1", "fields": "id,name"})
    print(units)

# %% a file, read piece by piece
with open_client(profile, expect=Dhis2.V44) as client, client.stream("dataElements", params={"pageSize": 5}) as pieces:
    size = sum(len(piece) for piece in pieces)
    print(f"{size} bytes")
