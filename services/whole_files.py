"""Files that appear under their name when they are complete, readable by their owner alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from domain.errors import ValidationError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """What is written here is under that name once all of it is on the disk; nothing is where it fails.

    ValidationError where it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ValidationError("file", f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
