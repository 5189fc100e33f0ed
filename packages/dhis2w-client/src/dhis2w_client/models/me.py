"""`GET /api/me`."""
# ruff: noqa: N815 # the API's own spelling

from pydantic import Field

from dhis2w_client.models.reference import Reference
from dhis2w_client.models.server_model import ServerModel

ME_FIELDS = (
    "id,username,name,displayName,firstName,surname,email,phoneNumber,jobTitle,created,lastUpdated,authorities,"
    "organisationUnits,dataViewOrganisationUnits,teiSearchOrganisationUnits,userGroups,userRoles,patTokens,"
    "twoFactorType,impersonation,canImpersonate"
)
"""What `system.me()` asks for: without `programs`, `dataSets` and `settings`, which are expensive to make. Names that a
version does not have are ignored by it."""


class Me(ServerModel):
    """The user the client is connected as (`MeDto`)."""

    id: str
    username: str
    name: str | None = None
    displayName: str | None = None
    firstName: str | None = None
    surname: str | None = None
    email: str | None = None
    phoneNumber: str | None = None
    jobTitle: str | None = None
    created: str | None = None
    lastUpdated: str | None = None
    authorities: list[str] = Field(default_factory=list[str])
    """Names such as `ALL` or `F_METADATA_EXPORT`."""
    organisationUnits: list[Reference] = Field(default_factory=list[Reference])
    """Where the user may enter data."""
    dataViewOrganisationUnits: list[Reference] = Field(default_factory=list[Reference])
    """What the user sees in analysis."""
    teiSearchOrganisationUnits: list[Reference] = Field(default_factory=list[Reference])
    """Where the user may search tracked entities."""
    userGroups: list[Reference] = Field(default_factory=list[Reference])
    userRoles: list[Reference] = Field(default_factory=list[Reference])
    patTokens: list[Reference] = Field(default_factory=list[Reference])
    twoFactorType: str | None = None
    """42 and newer."""
    impersonation: str | None = None
    """User name of whoever acts as this user."""
    canImpersonate: bool | None = None
    """43 and newer, where the feature is on."""
