"""Bundles of metadata: export, import, comparison, check."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Differences, MetadataType, operation
from dhis2w_core.plan import Transfer

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.metadata.bundle import Bundle


@operation("metadata export", effect="read")
async def export(
    client: Dhis2Client,
    type: Sequence[MetadataType] = (),
    *,
    filter: Sequence[str] = (),
    id: str | None = None,
    fields: str | None = None,
    skip_sharing: bool = False,
    file: Path | None = None,
) -> dict[str, Any]:
    """Export metadata as one bundle that can be imported again.

    Without types everything is exported, for which DHIS2 wants the authority `F_METADATA_EXPORT`.

    Args:
        type: Only these types.
        filter: A condition as DHIS2 writes it, for each of the types.
        id: Export this one object of the type, with all that it needs.
        fields: Which properties; without it, those that the objects own.
        skip_sharing: Leave out who may see and change what.
        file: Write the bundle here, gzipped where the name ends with `.gz`; without it, it is printed.
    """
    metadata = client.metadata
    if id is not None:
        if len(type) != 1:
            raise OperationError("--id is the UID of an object of one type.")
        bundle = await metadata.export_needed(client.collection(type[0]).name, id, skip_sharing=skip_sharing)
    else:
        names = [client.collection(name).name for name in type]
        which = {name: list(filter) for name in names} if filter else names
        bundle = await metadata.export(which, fields=fields, skip_sharing=skip_sharing)
    if file is None:
        return bundle.to_dict()
    bundle.save(file)
    return {"file": str(file), **bundle.counts()}


@operation("metadata import", effect="write")
async def import_bundle(
    file: Path,
    *,
    strategy: Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"] = "CREATE_AND_UPDATE",
    atomic: bool = True,
    skip_sharing: bool = False,
    identifier: Literal["UID", "CODE"] = "UID",
    server_check: bool = False,
) -> Transfer:
    """Import a bundle of metadata.

    `--dry-run` shows what is in it; `metadata diff` shows what it would change.

    Args:
        file: The bundle, gzipped or not.
        strategy: Whether to create, to update, or both; `DELETE` deletes what is in the bundle.
        atomic: One refusal keeps everything from being imported.
        skip_sharing: Leave who may see and change what as it is.
        identifier: What tells whether an object is there already.
        server_check: Have DHIS2 check the bundle, and import nothing.
    """
    from dhis2w_client.metadata.bundle import Bundle
    from dhis2w_client.metadata.import_options import ImportOptions

    content = _content(file)
    options = ImportOptions(
        strategy, atomic, server_check, identifier=identifier, skip_sharing=skip_sharing
    )  # the rest is DHIS2's default

    async def send(client: Dhis2Client, content: bytes) -> dict[str, Any]:
        report = await client.metadata.import_bundle(Bundle.load(content), options)
        counts = report.counts
        return {
            "status": report.status,
            "created": counts.created,
            "updated": counts.updated,
            "deleted": counts.deleted,
            "ignored": counts.ignored,
        }

    facts = {"as": "a check only" if server_check else strategy, **Bundle.load(content).counts()}
    return Transfer(f"Import {file.name}", file, hashlib.sha256(content).hexdigest(), facts, send)


@operation("metadata diff", effect="read")
async def diff(client: Dhis2Client, file: Path, other: Path | None = None, *, sharing: bool = False) -> Differences:
    """Compare a bundle with what the server has, or with another bundle, value by value.

    Compared with a server, only what the bundle says counts: these are the changes that an import would make. The exit
    code tells whether there are any.

    Args:
        file: The bundle.
        other: The bundle that is newer; without it, `file` is newer than what the server has.
        sharing: Compare who may see and change what too.
    """
    from dhis2w_client.metadata.bundle_diff import diff_bundles

    bundle = _bundle(file)
    if other is None:
        found = await client.metadata.diff(bundle, sharing=sharing)
    else:
        found = diff_bundles(bundle, _bundle(other), version=client.version, sharing=sharing)
    return Differences(
        [
            {
                "change": change.kind,
                "type": change.plural,
                "id": change.id,
                "name": change.name,
                "property": difference.path if difference else None,
                "before": difference.before if difference else None,
                "after": difference.after if difference else None,
            }
            for change in found.changes
            for difference in change.differences or (None,)
        ]
    )


@operation("metadata validate", effect="read")
async def validate(client: Dhis2Client, file: Path, *, skip_sharing: bool = False) -> Differences:
    """Tell what DHIS2 would refuse of a bundle, without sending it; links are looked up on the server.

    The exit code tells whether there is anything.

    Args:
        file: The bundle.
        skip_sharing: Do not look at who may see and change what.
    """
    rows = await client.metadata.validate(_bundle(file), skip_sharing=skip_sharing)
    return Differences(
        [
            {"code": row.code, "type": row.klass, "id": row.uid, "property": row.property, "message": row.message}
            for row in rows
        ]
    )


def _bundle(file: Path) -> Bundle:
    from dhis2w_client.metadata.bundle import Bundle

    return Bundle.load(_content(file))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None
