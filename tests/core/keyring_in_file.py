"""A keyring whose entries a test can look at: a backend of the `keyring` library on a JSON file."""

import json
import os
import time
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps secrets in the file that `TEST_KEYRING` names."""

    priority = 1  # pyright: ignore[reportAssignmentType, reportUnannotatedClassAttribute] # as every backend of the library declares it

    def entries(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING"])
        return json.loads(file.read_text()) if file.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries().get(f"{service}: {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self.entries() | {f"{service}: {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        self._write({key: value for key, value in self.entries().items() if key != f"{service}: {username}"})

    def _write(self, entries: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(entries))


class SilentKeyring(FileKeyring):
    """Does not answer, like one that waits for somebody to unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(60)
        return super().get_password(service, username)


class TalkativeKeyring(FileKeyring):
    """Fails, with the secret in its message."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"{service} {username} {password}")
