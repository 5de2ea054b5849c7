"""The keys that encrypt secrets in the store: from the settings, or beside a local store that has none."""

import os
from pathlib import Path
from typing import Final

from app.settings import Settings
from domain.errors import StoreError
from services.sealing import NewKey, SecretBox, read_key

FILE: Final = "secret.key"


def secret_box(settings: Settings) -> SecretBox:
    """The keys of the settings, and behind them the one of the local store, which has one if they name none.

    A store of one's own has no other keys than those of the settings: several servers have to have the same. StoreError
    where the local one cannot be read.
    """
    keys = [read_key(key.get_secret_value()) for key in settings.secret_keys or ()]
    file = settings.data / FILE
    if settings.store is None and (file.exists() or not keys):
        local = _local_key(file)
        keys += [local] if local not in keys else []
    return SecretBox(keys)


def _local_key(file: Path) -> bytes:
    try:
        return read_key(_kept(file))
    except ValueError:
        raise StoreError(f"The key in {file} is none any more: put back the one that was there.") from None
    except OSError as error:
        raise StoreError(f"The key in {file} cannot be used: {error.strerror}.") from error


def _kept(file: Path) -> str:
    """What is in the file; of two processes that come first at once both get what one of them wrote."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_name(f".{FILE}.{os.getpid()}")
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:  # noqa: PTH123 - the mode
            written.write(f"{NewKey.make().text}\n")
        try:
            os.link(part, file)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return file.read_text(encoding="ascii")
