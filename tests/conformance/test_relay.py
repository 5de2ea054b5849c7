"""What Relay asks of a schema, by its own compiler and by the rules of @graphql-eslint."""

import shutil
from pathlib import Path

import pytest

from tests.conformance.programs import FOLDER, INSTALLING, run
from tests.conftest import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]

SCHEMA = CHECKOUT / "schema.graphql"


def _beside_the_packages(folder: Path) -> Path:
    """A folder with the schema that finds the npm packages."""
    shutil.copy(SCHEMA, folder / "schema.graphql")
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    return folder


async def test_the_compiler_of_relay_makes_artefacts_of_pages_refetching_changing_and_following(
    node: str, tmp_path: Path
) -> None:
    _beside_the_packages(tmp_path)
    shutil.copytree(FOLDER / "relay", tmp_path, dirs_exist_ok=True)
    (tmp_path / "artifacts").mkdir()
    await run(node, "node_modules/relay-compiler/cli.js", cwd=tmp_path)
    made = {path.name.partition(".")[0]: path.read_text() for path in (tmp_path / "artifacts").iterdir()}
    assert set(made) == {
        *("things_thing", "things_list", "things_group"),
        *("thingsPageQuery", "thingsListPaginationQuery", "thingsGroupRefetchQuery"),
        *("thingsRenameMutation", "thingsFollowSubscription"),
    }
    assert "node(id: $id)" in made["thingsGroupRefetchQuery"]  # by which it takes a Group for what it can ask for again
    assert "pageInfo" in made["thingsListPaginationQuery"]  # which it adds itself, where it sees a connection


async def test_the_schema_passes_the_rules_for_relay(node: str, tmp_path: Path) -> None:
    _beside_the_packages(tmp_path)
    shutil.copy(FOLDER / "eslint.config.mjs", tmp_path)
    await _lint(node, tmp_path)


async def test_a_schema_whose_pages_say_not_where_they_end_fails_the_rules(node: str, tmp_path: Path) -> None:
    _beside_the_packages(tmp_path)
    shutil.copy(FOLDER / "eslint.config.mjs", tmp_path)
    schema = SCHEMA.read_text().replace("  endCursor: String\n", "  end: String\n")
    (tmp_path / "schema.graphql").write_text(schema)
    with pytest.raises(AssertionError, match="relay-page-info"):
        await _lint(node, tmp_path)


async def _lint(node: str, folder: Path) -> None:
    await run(node, "node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "schema.graphql", cwd=folder)
