"""Registered types in imports and exports: they are types like the others."""

from pathlib import Path

import pytest
import yaml

from domain.connection_types import Cardinality
from domain.errors import ValidationError
from domain.ids import NodeKind, imported_id
from domain.values import JSONObject
from graph import things
from graph.store import Statement, Store
from services.changes import Changes
from services.exporting import export_store
from services.importing.mapping import parse_mapping
from services.importing.report import ImportReport, RefusedRow
from services.importing.run import import_folder
from services.ontology import Ontology
from services.restoring import import_export
from services.type_changes import ThingTypeChanges, TypeChanges
from services.type_registration import NewConnectionType, NewThingType, TypeRegistration
from services.vectors import Dimension
from tests.component.shop import EVERYTHING, OPERATOR, counts, everything
from tests.conftest import wipe

pytestmark = pytest.mark.slow

GUIDE: JSONObject = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
MAPPING = """
source: press
steps:
  - {step: home, make: group, set: {slug: press, name: Press, type: business}}
  - step: guides
    make: thing
    from: guides.csv
    key: {column: id}
    set:
      type: travel_guide
      group: {ref: home}
      name: {column: name}
      properties: {object: {city: {column: city}}}
  - step: videos
    make: thing
    from: videos.csv
    key: {column: id}
    set: {type: video, group: {ref: home}, name: {column: name}}
  - step: follows
    make: connection
    from: follows.csv
    set:
      type: follows_up
      from: {ref: {column: kind}, key: {column: from}}
      to: {ref: guides, key: {column: to}}
"""
FILTER: Statement[str | None] = Statement("filter", "MATCH (thing:Entity {id: $id}) RETURN thing.filter1 AS row")
LABELS: Statement[list[str]] = Statement("labels", "MATCH (thing:Entity {id: $id}) RETURN labels(thing) AS row")


class Press:
    """A store with two registered types, and files whose rows are of them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        ontology = Ontology(store)
        self.types = TypeChanges(store)
        self.registration = TypeRegistration(Changes(store, ontology, Dimension(store)), ontology)
        self.write("guides.csv", "id,name,city", "1,Rome,Rome", "2,Oslo,Oslo", "3,Nowhere,")
        self.write("videos.csv", "id,name", "1,Film")
        self.write("follows.csv", "from,to", "2,1")

    def write(self, name: str, *lines: str) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n")

    async def register(self) -> None:
        guide = NewThingType("travel_guide", "Where to go.", GUIDE, ["city"])
        await self.registration.register_thing_type(OPERATOR, guide)
        thing = [NodeKind.THING]
        follows = NewConnectionType(
            "follows_up", "Comes after.", thing, thing, ["travel_guide"], cardinality=Cardinality.ONE_TO_ONE
        )
        await self.registration.register_connection_type(OPERATOR, follows)

    async def run(self, source: str = "guides") -> ImportReport:
        mapping = parse_mapping(yaml.safe_load(MAPPING.replace("{column: kind}", source)))
        return await import_folder(self.store, mapping, self.folder)


@pytest.fixture
def press(store: Store, tmp_path: Path) -> Press:
    return Press(store, tmp_path)


def guide_id(key: str) -> str:
    return imported_id("thg", "press", f"guides\x00{key}")


async def test_a_type_that_nobody_registered_is_named_before_anything_is_written(press: Press) -> None:
    with pytest.raises(ValidationError, match=r"steps\.1\.set\.type: takes one of the thing types") as refused:
        await press.run()
    assert refused.value.field == "steps.1.set.type"
    assert await counts(press.store) == {}


async def test_rows_become_things_and_connections_of_registered_types(press: Press) -> None:
    await press.register()
    report = await press.run()
    assert report.count("created") == {"group": 1, "thing": 3, "connection": 1}
    [refused] = report.refused
    assert (refused.file, refused.line) == ("guides.csv", 4)
    assert (await counts(press.store))["RELATED"] == 1
    found = await things.fetch(press.store, EVERYTHING, [guide_id("1")])
    assert found[guide_id("1")].type == "travel_guide"
    assert await press.store.read(FILTER, {"id": guide_id("1")}) == ["Rome"]
    [labels] = await press.store.read(LABELS, {"id": guide_id("1")})
    assert sorted(labels) == ["Entity", "Thing", "TravelGuide"]
    before = await everything(press.store)
    assert (await press.run()).count("created") == {"group": 0, "thing": 0, "connection": 0}
    assert await everything(press.store) == before


async def test_a_changed_row_changes_what_its_thing_is_found_by(press: Press) -> None:
    await press.register()
    await press.run()
    press.write("guides.csv", "id,name,city", "1,Rome,Roma")
    assert (await press.run()).count("updated")["thing"] == 1
    assert await press.store.read(FILTER, {"id": guide_id("1")}) == ["Roma"]


async def test_a_second_one_of_a_source_is_refused_in_the_same_batch_and_in_the_next(press: Press) -> None:
    await press.register()
    press.write("guides.csv", "id,name,city", *(f"{n},G,City" for n in range(1, 6)))
    press.write("follows.csv", "from,to", "2,1", "2,3", "4,1")
    report = await press.run()
    reason = "follows_up: the same one is there already"
    assert report.refused == [RefusedRow("follows.csv", 3, reason), RefusedRow("follows.csv", 4, reason)]
    press.write("follows.csv", "from,to", "2,5")
    assert (await press.run()).refused == [RefusedRow("follows.csv", 2, reason)]


async def test_a_thing_of_another_type_may_not_stand_at_an_end(press: Press) -> None:
    await press.register()
    press.write("follows.csv", "from,to", "1,1")
    report = await press.run(source="videos")
    [refused] = [row for row in report.refused if row.file == "follows.csv"]
    assert refused.reason == (
        "from or to refers to a row that nothing was made of, or to a thing of a type that may not stand there"
    )


async def test_an_export_carries_registered_types_with_what_is_of_them(press: Press, tmp_path: Path) -> None:
    await press.register()
    await press.types.evolve_thing_type(OPERATOR, "travel_guide", 1, ThingTypeChanges(description="Where, and why."))
    await press.run()
    before = await everything(press.store)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    await export_store(press.store, first)
    await wipe(press.store)
    report = await import_export(press.store, first)
    assert report.refused_total == 0
    assert await everything(press.store) == before
    await export_store(press.store, second)
    assert second.read_bytes() == first.read_bytes()
    known = await Ontology(press.store).thing_type("type", "travel_guide")
    assert (known.version, known.filterable, known.description) == (2, ("city",), "Where, and why.")


async def test_a_label_that_no_type_of_the_file_has_is_none_of_an_exports(press: Press, tmp_path: Path) -> None:
    await press.register()
    await press.run()
    path = tmp_path / "export.jsonl"
    await export_store(press.store, path)
    lines = [line for line in path.read_text().splitlines() if '"ThingType"' not in line]
    path.write_text("\n".join(lines) + "\n")
    await wipe(press.store)
    with pytest.raises(ValidationError, match="is none of an export's"):
        await import_export(press.store, path)
