from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOCKS = Path(__file__).resolve().parents[2] / "locks"


@dataclass(frozen=True)
class Release:
    """A pinned Neo4j Community release and the Java feature versions it runs on."""

    version: str
    min_java: int
    max_java: int | None = None
    main_class: str = "org.neo4j.server.Neo4jCommunity"
    settings: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def lock(self) -> Path:
        """The committed jgo lock: coordinates and sha256 of every jar."""
        return LOCKS / f"neo4j-{self.version}.toml"

    @property
    def order(self) -> tuple[int, ...]:
        """Sorts releases by age; calendar versions (2026.08.1) follow the 5 series."""
        return tuple(int(part) for part in self.version.split("."))

    def runs_on(self, java: int) -> bool:
        """Whether this release supports that Java feature version."""
        return java >= self.min_java and (self.max_java is None or java <= self.max_java)


DEFAULT_RELEASE = Release("2026.08.1", min_java=21, settings={"server.fleet_discovery.enabled": "false"})
LTS_RELEASE = Release("5.26.30", min_java=17, max_java=21, main_class="org.neo4j.server.CommunityEntryPoint")
