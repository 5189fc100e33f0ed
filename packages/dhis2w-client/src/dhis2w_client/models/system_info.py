"""`GET /api/system/info`."""
# ruff: noqa: N815 # the API's own spelling

from dhis2w_client.models.server_model import ServerModel


class DatabaseInfo(ServerModel):
    """The server's database; all but two keys are for superusers."""

    name: str | None = None
    user: str | None = None
    url: str | None = None
    databaseVersion: str | None = None
    spatialSupport: bool | None = None
    time: str | None = None


class Capability(ServerModel):
    """What the server can do (43 and newer)."""

    analyticsTotalCounts: bool | None = None


class SystemInfo(ServerModel):
    """What a DHIS2 server says about itself (`org.hisp.dhis.system.SystemInfo`).

    A superuser sees everything; for others the keys about Java, the operating system, nodes and paths are absent
    (`None`). Dates are the server's local time, without zone.
    """

    version: str
    """For example `2.42.6`, `2.43-SNAPSHOT`; `client.version` is the reading of it."""
    revision: str | None = None
    """Short commit hash of the build."""
    buildTime: str | None = None
    serverDate: str | None = None
    serverTimeZoneId: str | None = None
    serverTimeZoneDisplayName: str | None = None
    contextPath: str | None = None
    """The base URL as the server believes it to be; wrong behind some proxies."""
    instanceBaseUrl: str | None = None
    calendar: str | None = None
    """`iso8601`, `nepali`, `ethiopian` …"""
    dateFormat: str | None = None
    systemId: str | None = None
    """Absent on a fresh server."""
    systemName: str | None = None
    lastAnalyticsTableSuccess: str | None = None
    """`1970-01-01T00:00:00.000` when analytics tables were never built."""
    intervalSinceLastAnalyticsTableSuccess: str | None = None
    lastAnalyticsTableRuntime: str | None = None
    lastAnalyticsTablePartitionSuccess: str | None = None
    lastSystemMonitoringSuccess: str | None = None
    databaseInfo: DatabaseInfo | None = None
    emailConfigured: bool | None = None
    encryption: bool | None = None
    """For other than superusers always `False`."""
    redisEnabled: bool | None = None
    """For other than superusers always `False`."""
    readOnlyMode: str | None = None
    fileStoreProvider: str | None = None
    isMetadataVersionEnabled: bool | None = None
    systemMetadataVersion: str | None = None
    lastMetadataVersionSyncAttempt: str | None = None
    userAgent: str | None = None
    environmentVariable: str | None = None
    externalDirectory: str | None = None
    nodeId: str | None = None
    clusterHostname: str | None = None
    javaVersion: str | None = None
    javaVendor: str | None = None
    osName: str | None = None
    osArchitecture: str | None = None
    osVersion: str | None = None
    cpuCores: int | None = None
    memoryInfo: str | None = None
    readReplicaCount: int | None = None
    sessionTimeout: int | None = None
    """Seconds; 43 and newer."""
    capability: Capability | None = None
    """43 and newer."""
