"""The page about importing is true: its example is imported, and its tables list what there is."""

import re
from pathlib import Path

import pytest

from domain.ids import imported_id
from graph import connections, knowledge, people, things
from graph.store import Store
from services.importing.mapping import (
    ConnectionFields,
    FileOptions,
    GroupFields,
    GroupStep,
    ImportMapping,
    PersonFields,
    ThingFields,
    read_mapping,
)
from services.importing.run import import_folder
from services.importing.vocabulary import Case, Column, List, Lookup, Object, Part, Ref, Rows, Template
from tests.component.shop import EVERYTHING

pytestmark = [pytest.mark.slow, pytest.mark.once]

PAGE = (Path(__file__).parent.parent.parent / "docs" / "import.md").read_text(encoding="utf-8")
_FILE = re.compile(r"`(?P<name>[a-z]+\.(?:csv|yaml))`:?\n\n```\w+\n(?P<content>.*?)```", re.DOTALL)


def _keys(part: type[Part]) -> set[str]:
    return {field.alias or name for name, field in part.model_fields.items()}


async def test_the_example_is_imported_without_a_refused_row(store: Store, tmp_path: Path) -> None:
    for match in _FILE.finditer(PAGE):
        (tmp_path / match["name"]).write_text(match["content"], encoding="utf-8")
    report = await import_folder(store, read_mapping(tmp_path / "books.yaml"), tmp_path)
    assert report.refused == []
    assert report.count("created") == {"group": 1, "person": 2, "connection": 4, "thing": 2}

    zola = imported_id("per", "bookshop", "authors\x008")
    germinal = imported_id("prd", "bookshop", "books\x00978-2")
    [person] = (await people.fetch(store, EVERYTHING, [zola])).values()
    assert (person.username, person.display_name) == ("emile.zola", "Émile Zola")
    [book] = (await things.fetch(store, EVERYTHING, [germinal])).values()
    assert book.properties["price"] == {"amount": 950, "currency": "EUR"}
    assert await knowledge.fetch_labels(store, [germinal]) == {germinal: ["genre:novel"]}
    shop = imported_id("grp", "bookshop", "shop")
    membership = imported_id("con_member_of", "bookshop", f"staff\x00{zola} {shop}")
    [joined] = (await connections.fetch(store, EVERYTHING, [membership])).values()
    assert joined.properties["joinedAt"] == "1990-04-01T22:00:00+00:00"


STEPS: tuple[type[Part], ...] = (
    ImportMapping,
    GroupStep,
    FileOptions,
    GroupFields,
    PersonFields,
    ThingFields,
    ConnectionFields,
)
VALUES: tuple[type[Part], ...] = (Column, Template, Ref, Lookup, Rows, Object, List, Case)


@pytest.mark.parametrize("part", STEPS, ids=lambda part: part.__name__)
def test_the_tables_list_every_key_of_a_step(part: type[Part]) -> None:
    assert {key for key in _keys(part) if f"`{key}`" not in PAGE} == set()


@pytest.mark.parametrize("part", VALUES, ids=lambda part: part.__name__)
def test_the_tables_list_every_key_of_a_value(part: type[Part]) -> None:
    listed = set(re.findall(r"[`{ ]([a-z]+)[`:]", PAGE))
    assert _keys(part) <= listed
