"""The Neo4j that tests start."""

from dataclasses import replace
from pathlib import Path

from app.local_store.home import Memory
from app.local_store.instance import LocalStore
from app.local_store.releases import Release

# Java takes a fifth less of the processor with these than with what is for a store of somebody.
_MEMORY = Memory(max_heap=1024)
_JAVA_OPTIONS = ("-XX:+UseSerialGC",)


def store_of_tests(data: Path, release: Release, java_home: Path | None, *, short_lived: bool) -> LocalStore:
    """A store that is wiped again and again, for the default suite or for a run of many minutes.

    It keeps its plans for the run: a store that is wiped for every test looks to it like one that grows, for which it
    would plan everything anew.
    """
    settings = {**release.settings, "dbms.cypher.min_replan_interval": "1h"}
    return LocalStore(
        data,
        owner="tests",
        release=replace(release, settings=settings),
        java_home=java_home,
        memory=_MEMORY,
        short_lived=short_lived,
        java_options=_JAVA_OPTIONS,
    )
