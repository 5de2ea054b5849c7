"""The pages that say which tests show what: each test is there, and no requirement of the ASVS is left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|")
SECTIONS = {
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
}
"""How many requirements of levels 1 and 2 each section has, which are its first."""


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def names_in(path: Path) -> set[str]:
    return set(re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_each_requirement_has_one_row() -> None:
    wanted = [f"{section}.{number}" for section, most in SECTIONS.items() for number in range(1, most + 1)]
    assert [row[0] for row in ROW.findall(text("asvs.md"))] == wanted


def test_what_no_test_shows_says_why() -> None:
    """Where a row names no test, it says what is missing, or that there is nothing to test."""
    reasons = ("Not yet", "Not applicable", "not yet", "not shown yet", "no code to test", "Apart from each other")
    bare = [
        number
        for number, _, here, shown in ROW.findall(text("asvs.md"))
        if "::" not in shown and not any(reason in here for reason in reasons)
    ]
    assert bare == []


def test_the_tests_that_are_named_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text("asvs.md"))
    assert len(named) > len(SECTIONS)
    assert [f"{path}::{name}" for path, name in named if name not in names_in(ROOT / path)] == []


CRYPTOGRAPHY = re.compile(
    r"^\s*(?:import|from) (?:hashlib|hmac|secrets|cryptography|argon2|pwdlib|joserfc|webauthn|eth_account|eth_utils"
    r"|standardwebhooks)\b",
    re.MULTILINE,
)
EDGES = [
    "expired",
    "replayed",
    "raced by two requests",
    "tampered",
    "wrong origin",
    "clock skew",
    "suspended",
    "deleted",
    "locale",
]
"""What every method is tried at."""

METHODS = range(7)
"""The name of an edge, and six methods in each of the two tables."""


def test_the_inventory_names_every_library_and_hash_that_is_used() -> None:
    page = text("cryptography.md")
    houses = ("app", "domain", "services", "graph", "schema", "resolvers", "execution")
    modules = [path for house in houses for path in (ROOT / house).rglob("*.py")]
    using = {str(path.relative_to(ROOT)) for path in modules if CRYPTOGRAPHY.search(path.read_text(encoding="utf-8"))}
    assert len(using) > len(EDGES)
    assert using - set(re.findall(r"`([\w/]+\.py)`", page)) == set()


def test_every_method_was_tried_at_every_edge() -> None:
    tried = text("signing-in.md").partition("## What was tried")[2]
    lines = [line[1:-1] for line in tried.splitlines() if line.startswith("|") and line.endswith("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    methods = [row for row in rows if len(row) == len(METHODS)]
    assert [name for name, *_ in methods if name in EDGES] == [*EDGES, *EDGES]
    assert [edge for edge, *shown in methods if edge in EDGES and not all("`test_" in cell for cell in shown)] == []


@pytest.mark.parametrize("page", ["signing-in.md"])
def test_what_was_tried_is_there(page: str) -> None:
    tried = text(page).partition("## What was tried")[2]
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in names_in(path)}
    named = set(re.findall(r"`(test_\w+)`", tried))
    assert named
    assert named - there == set()
