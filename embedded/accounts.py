"""PostgreSQL refuses to run as root: finds an account without privileges, and asks where it may go."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import StartupError

CANDIDATES = ("nobody", "daemon", "bin", "games")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody else than root, or nobody in particular: ourselves."""

    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """What subprocess needs to run as this account, with none of our groups."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Tried rather than reckoned from the mode bits: access lists and mounts have their say too."""
        if self.uid is None:
            return os.access(directory, os.X_OK)
        return self.runs(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)])

    def runs(self, command: list[str]) -> bool:
        try:
            return (
                subprocess.run(command, capture_output=True, cwd="/", check=False, **self.popen_arguments()).returncode
                == 0
            )
        except OSError:
            return False


def for_server(existing: Path) -> Account:
    """Who shall run the server: ourselves, or when we are root the owner of its data, or an unprivileged account."""
    if os.geteuid() != 0:
        return Account()
    if existing.exists() and (status := existing.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(entry.pw_uid, entry.pw_gid)
        if account.runs(["/bin/sh", "-c", "exit 0"]):
            return account
    raise StartupError(
        "PostgreSQL does not run as root, and there is no account to run it as instead "
        f"(tried {', '.join(CANDIDATES)}). Run as an ordinary user, or set DATABASE_URL."
    )
