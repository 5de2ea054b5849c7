"""The demo accounts' keys, kept beside the local store for those who come back: a key itself shows its secret once."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from rich.console import Console

from domain.errors import AuthError
from services.keys import KeyOfPerson, Keys

FILE = "demo-accounts.json"


class DemoAccounts:
    """The file in a data folder, readable by its owner alone."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    def remember(self, keys: Sequence[KeyOfPerson]) -> None:
        """Keep the secrets of keys that were just made."""
        if not keys:
            return
        accounts = [{"role": key.person.role, "email": key.person.email, "secret": key.secret} for key in keys]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(accounts, file, indent=1)

    async def show(self, console: Console, keys: Keys) -> None:
        """Print a line for each account that the store knows: the file may be another store's."""
        accounts = [account for account in self._kept() if await _is_valid(keys, account["secret"])]
        if accounts:
            console.print("\nDemo accounts: role, e-mail, and a header to paste")
        for account in accounts:
            console.print(
                f"  {account['role']:<15} {account['email']:<20} Authorization: Bearer {account['secret']}",
                soft_wrap=True,
                highlight=False,
            )

    def _kept(self) -> list[dict[str, str]]:
        try:
            return cast("list[dict[str, str]]", json.loads(self._path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return []


async def _is_valid(keys: Keys, secret: str) -> bool:
    try:
        await keys.authenticate(secret)
    except AuthError:
        return False
    return True
