"""The Neo4j that tests start."""

from dataclasses import replace

from app.local_store.releases import Release


def planning_once(release: Release) -> Release:
    """A release that keeps its plans for a run.

    A store that is wiped for every test looks to it like one that grows, for which it would plan everything anew.
    """
    return replace(release, settings={**release.settings, "dbms.cypher.min_replan_interval": "1h"})
