"""The documentation is true: what it shows is run, what it lists is what there is, and its links lead somewhere."""

import asyncio
import csv
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer
import yaml
from graphql import GraphQLSchema, build_schema, parse, validate

from app.cli import app
from app.settings import PREFIX, Settings
from domain.connection_types import CONNECTION_TYPES
from domain.consistency import Severity
from domain.errors import AppError
from domain.ids import ENTITIES, NodeKind, thing_prefix
from domain.thing_types import THING_TYPES
from domain.values import JSON, JSONObject
from graph.store import Store
from graph.vectors import fix_dimension
from resolvers.failures import BAD_REQUEST
from resolvers.limits import LIMIT_EXCEEDED
from schema.thing_types import BUILT_IN
from services.checking import RULES
from services.demo import seed
from services.sealing import NewKey
from tests.client import Api
from tests.conftest import missing
from tests.e2e.pages import KINDS, Block, Words, blocks
from tests.e2e.servers import CHECKOUT, Served, environment

pytestmark = [pytest.mark.slow, pytest.mark.once]

DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", *sorted(DOCS.glob("*.md"))]
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
EXAMPLES = sorted((CHECKOUT / "explorer" / "examples").glob("*.graphql"))
# Pages about data that is not the demo world's: the tests of importing and the benchmarks themselves run what they say.
OTHER_DATA = {"import.md", "benchmarks.md"}
ADDRESS = "http://127.0.0.1:8000"
OWNER = "ada"
COMMAND_SECONDS = 60

_LINK = re.compile(r"\]\((?!https?:)(?P<file>[^)#\s]*)#?(?P<anchor>[^)\s]*)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_TYPER_PROGRAMS = {"scripts/one": (), "scripts/serve": ("serve",)}

page_by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def is_run(block: Block, kind: str) -> bool:
    return block.kind == kind and block.note != "checked" and block.page.name not in OTHER_DATA


def with_block(kind: str) -> pytest.MarkDecorator:
    pages = [page for page in PAGES if any(is_run(block, kind) for block in blocks(page))]
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.name)


@with_block("graphql")
async def test_every_query_gets_the_answer_that_stands_below_it(store: Store, api: Api, page: Path) -> None:
    secrets = {key.person.username: key.secret for key in await seed(store)} | {"nobody": None}
    await fix_dimension(store, 3)  # of the examples about knowledge
    words = Words({})
    for block in (block for block in blocks(page) if is_run(block, "graphql")):
        asker = api.as_holder_of(secrets[block.note or OWNER])
        answer = await asker.ask(words.filled(block.text), json.loads(words.filled(block.variables)))
        assert block.answer is not None, f"{block} has no answer; it is {json.dumps(answer.body, ensure_ascii=False)}"
        words.compare(json.loads(block.answer), dict(answer.body), str(block))


@with_block("sh")
async def test_every_command_says_what_stands_below_it(
    served: Served, store_address: tuple[str, str, str], page: Path, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        missing("no curl for the commands of the documentation")
    uri, user, password = store_address
    settings = {"ONE_STORE": uri, "ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "PYTHONPATH": str(CHECKOUT)}
    settings |= {"ONE_SECRET_KEYS": NewKey.make().text}
    owner = next(account for account in served.accounts if account.email.startswith(OWNER))
    words = Words({"one_…": owner.secret})
    for block in (block for block in blocks(page) if is_run(block, "sh")):
        # What scripts/one becomes once it has seen to .venv.
        script = words.filled(block.text).replace("scripts/one", f"{sys.executable} -P -m app")
        process = await asyncio.create_subprocess_exec(
            "sh", "-e", "-c", script.replace(ADDRESS, served.url),
            cwd=tmp_path,
            env=environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            out, err = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, f"{block}: {err.decode()}"
        if block.answer is not None:
            shown = out.decode().replace(served.url, ADDRESS)
            read = json.loads if block.answer.startswith("{") else str.strip
            words.compare(read(block.answer), read(shown), str(block))


async def test_the_readme_shows_what_a_start_prints(served: Served) -> None:
    start = blocks(CHECKOUT / "README.md")[0]
    assert start.text == "scripts/serve\n"
    shown = [line.replace(served.url, ADDRESS) for line in served.printed]
    Words({}).compare(str(start.answer).splitlines(), shown[-len(str(start.answer).splitlines()) :], str(start))


def test_every_page_for_users_has_something_to_run() -> None:
    run = {(block.page.stem, kind) for page in PAGES for block in blocks(page) for kind in KINDS if is_run(block, kind)}
    assert {("README", "sh"), ("access", "sh"), ("operating", "sh")} <= run
    assert {("querying", "graphql"), ("changing", "graphql"), ("access", "graphql")} <= run


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("1", "2"),
        (1, "1"),
        (1, True),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {}),
        (None, {}),
        ("per_…", "grp_01"),
        ("at … on …", "at noon"),
        ({"id": "…"}, {"id": ""}),
    ],
)
def test_an_answer_that_differs_from_what_is_written_is_noticed(written: JSON, real: JSON) -> None:
    with pytest.raises(AssertionError):
        Words({}).compare(written, real, "here")


def test_a_word_stands_for_what_it_matched_last() -> None:
    words = Words({"one_…": "one_first"})
    words.compare(
        {"id": "prd_…", "more": ["key one_…, end"]}, {"id": "prd_17", "more": ["key one_second, end"]}, "here"
    )
    assert words.filled("prd_… one_… grp_…") == "prd_17 one_second grp_…"


@page_by_page
def test_every_block_is_of_a_kind_that_is_checked(page: Path, current_schema: GraphQLSchema) -> None:
    for block in blocks(page):
        assert block.kind in KINDS, f"{block}: {block.kind!r} is none of {sorted(KINDS)}"
        assert block.kind != "json", f"{block}: an answer to nothing"
        if block.kind == "graphql":
            assert validate(current_schema, parse(block.text)) == [], str(block)
        if block.kind == "yaml":
            assert yaml.safe_load(block.text), str(block)
        if block.kind == "csv":
            assert len({len(row) for row in csv.reader(block.text.splitlines())}) == 1, str(block)


@page_by_page
def test_every_program_and_every_option_is_there(page: Path, pytestconfig: pytest.Config) -> None:
    for block in blocks(page):
        for words in commands(block) if block.kind == "sh" else ():
            program, *arguments = words
            options = [word.partition("=")[0] for word in arguments if word.startswith("-") and word != "-"]
            if program in _TYPER_PROGRAMS:
                known = options_of([*_TYPER_PROGRAMS[program], *arguments])
                assert set(options) <= known, f"{block}: {program} takes {sorted(known)}"
            elif program == "scripts/test":
                for option in options:
                    pytestconfig.getoption(option)
            elif "/" in program:
                assert (CHECKOUT / program).stat().st_mode & 0o111, f"{block}: {program} cannot be executed"


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each command, without settings before it and redirections behind it."""
    for line in block.text.replace("\\\n", " ").splitlines():
        for command in re.split(r" (?:\||&&|>) ", line):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield words


def options_of(arguments: Sequence[str]) -> set[str]:
    """The options of the subcommand that the arguments begin with."""
    command = typer.main.get_command(app)
    for argument in arguments:
        if isinstance(command, typer.core.TyperGroup) and not argument.startswith("-"):
            assert argument in command.commands, f"there is no command {argument}"
            command = command.commands[argument]
    return {"--help", *(name for option in command.params for name in (*option.opts, *option.secondary_opts))}


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        target = (page.parent / link["file"]).resolve() if link["file"] else page
        assert target.exists(), f"{page.name}: there is no {link['file']}"
        if link["anchor"]:
            anchors = {anchor(title) for title in _HEADING.findall(target.read_text(encoding="utf-8"))}
            assert link["anchor"] in anchors, f"{page.name}: {target.name} has no section {link['anchor']}"


def anchor(title: str) -> str:
    """The name of a heading in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("directory", [DOCS, DOCS / "adr"], ids=lambda folder: folder.name)
def test_the_map_leads_to_every_page(directory: Path) -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in directory.glob("*.md"):
        assert page.name == "index.md" or f"]({page.relative_to(DOCS).as_posix()})" in index, page.name


@page_by_page
def test_every_setting_that_is_named_is_one(page: Path) -> None:
    settings = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    of_tests = (CHECKOUT / "tests" / "conftest.py").read_text(encoding="utf-8")
    for name in set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text(encoding="utf-8"))):
        assert name in settings or f'"{name}"' in of_tests, name


def test_the_table_of_settings_is_complete() -> None:
    rows = []
    for name, setting in Settings.model_fields.items():
        default = "" if setting.default is None else f"`{str(setting.default).lower()}`"
        shown = "`data` in the checkout" if name == "data" else default
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {setting.description} |")
    assert_table("operating.md", "| setting | default | meaning |", rows)


def test_the_table_of_thing_types_is_complete() -> None:
    rows = [
        f"| `{type_.name}` | `{BUILT_IN[type_.name].__name__}` | `{thing_prefix(type_.name)}_…` | {type_.description} "
        f"| {shown_properties(type_.schema)} |"
        for type_ in THING_TYPES.values()
        if type_.built_in
    ]
    assert_table("changing.md", "| type | in GraphQL | id | what it is | properties |", rows)
    generic = ", ".join(f"`{name}`" for name, type_ in THING_TYPES.items() if not type_.built_in)
    assert generic in " ".join((DOCS / "changing.md").read_text(encoding="utf-8").split()), generic


def test_the_table_of_connection_types_is_complete() -> None:
    rows = [
        f"| `{type_.name}` | {shown_kinds(type_.sources)} | {shown_kinds(type_.targets)} | {type_.description} "
        f"| {shown_properties(type_.schema)} | {'several' if type_.several else 'one'}"
        f"{', and to itself' if type_.reflexive else ''} |"
        for type_ in CONNECTION_TYPES.values()
    ]
    assert_table("changing.md", "| type | from | to | what it says | properties | live ones a pair |", rows)


def test_the_table_of_rules_is_complete() -> None:
    rows = [f"| `{rule.name}` | {rule.says} | {rule.remedy} |" for rule in RULES.values()]
    assert_table("consistency.md", "| rule | what always holds | what a repair does where it does not |", rows)
    text = (DOCS / "consistency.md").read_text(encoding="utf-8")
    warnings = [rule.name for rule in RULES.values() if rule.severity is Severity.WARNING]
    assert f"and `{'`, `'.join(warnings)}` is a warning" in text


def shown_kinds(kinds: frozenset[NodeKind]) -> str:
    return "any" if kinds == frozenset(ENTITIES) else ", ".join(sorted(kinds))


def shown_properties(type_: JSONObject) -> str:
    properties, needed = type_.get("properties", {}), type_.get("required", ())
    assert isinstance(properties, dict)
    assert isinstance(needed, list | tuple)
    shown = [f"`{name}`" + ("!" if name in needed else "") for name in properties]
    return ", ".join(shown if type_.get("additionalProperties") is False else [*shown, "others"])


def assert_table(page: str, header: str, rows: Sequence[str]) -> None:
    table = "\n".join((header, re.sub(r"[^|]+", " --- ", header), *rows)) + "\n\n"
    assert table in (DOCS / page).read_text(encoding="utf-8"), f"docs/{page} should hold\n{table}"


def test_every_code_of_an_error_is_explained() -> None:
    text = (DOCS / "querying.md").read_text(encoding="utf-8")
    for code in (*(error.code for error in AppError.__subclasses__()), BAD_REQUEST, LIMIT_EXCEEDED, "BODY_TOO_LARGE"):
        assert f"| `{code}` |" in text, code


async def test_every_example_of_graphiql_answers_something_in_the_demo_world(store: Store, api: Api) -> None:
    owner = api.as_holder_of((await seed(store))[0].secret)
    group = str((await owner.ask('{ group(slug: "aurora-studio") { id } }')).at("group.id"))
    for example in EXAMPLES:
        beside = example.with_suffix(".json")
        variables = beside.read_text(encoding="utf-8") if beside.exists() else "{}"
        answer = await owner.ask(example.read_text(encoding="utf-8"), json.loads(variables.replace("grp_", group)))
        for part in answer.data.values():
            assert isinstance(part, dict), example.name
            assert part.get("nodes") != [], example.name
            assert not str(part.get("__typename")).endswith("Error"), f"{example.name}: {part}"


@pytest.fixture(scope="module")
def current_schema() -> GraphQLSchema:
    return build_schema((CHECKOUT / "schema.graphql").read_text(encoding="utf-8"))
