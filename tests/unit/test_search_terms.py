"""Words: what a text is cut into, and that no text can say anything to the index but what to look for."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.ids import NodeKind
from domain.words import MAX_WORD, runs, searchable
from graph.search import MAX_WORDS, Search, query_of

EVERY_KIND = frozenset({NodeKind.GROUP, NodeKind.PERSON, NodeKind.THING})
WORD = r"[^\s\"+\-&|!(){}\[\]^~*?:\\/<>=]+"
WAY = rf"\w+Words:(?:\"{WORD}(?: {WORD})*\"|{WORD}\*|{WORD}~1)\^[0-9.]+"
CLAUSE = rf"\+\({WAY}(?: {WAY})*\)"
QUERY = re.compile(rf"{CLAUSE}(?: {CLAUSE})*")


@given(st.text(max_size=300))
@example("AND OR NOT && || ! TO")
@example('+ - && || ! ( ) { } [ ] ^ " ~ * ? : \\ / name:x a~2 [a TO b] id:*')
@example("\x00\ud800 \u202e x")
@example("℀ ﷺ ² ㎏ ½")
def test_any_text_becomes_a_query_of_words_alone(text: str) -> None:
    query = query_of(Search(text, EVERY_KIND))
    assert query is None or QUERY.fullmatch(query), query
    assert query is None or len(query.split("+(")) <= MAX_WORDS + 1


@given(st.text(max_size=300))
def test_a_word_holds_letters_digits_marks_or_one_symbol_and_no_capitals(text: str) -> None:
    for run in runs(text):
        for word in run:
            assert 0 < len(word) <= MAX_WORD + 4
            assert all(unicodedata.category(each)[0] in "LNM" for each in word) or len(word) == 1
            assert word not in {"AND", "OR", "NOT", "TO"}


@given(st.text(max_size=200))
def test_words_that_were_cut_are_cut_no_further(text: str) -> None:
    once = searchable(text)
    assert searchable(once).replace(" ", "") == once.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        (" \t\n\u3000", ""),
        ("... --- !!!", ""),
        ("The Lord of It", "the lord of it"),
        ("my_file.txt o'neil a-b/c", "my file txt o neil a b c"),
        ("Zoë ÆRØ Straße Łódź", "zoe aero strasse lodz"),
        ("Ёжик КАЛИНИНА", "ежик калинина"),
        ("Καλημέρα", "καλημερα"),
        ("İstanbul \u0131l\u0131k", "istanbul ilik"),
        ("\uff26\uff35\uff2c\uff2c ﬁne x²", "full fine x2"),
        ("مُحَمَّد", "محمد"),
        ("서울대", "서울대"),
        ("北京大学", "北 京 大 学"),
        ("東京タワー2", "東 京 タ ワ ー 2"),
        ("a😀b", "a 😀 b"),
        ("x" * 100, "x" * MAX_WORD),
    ],
)
def test_a_text_is_cut_into_words_without_case_and_accents(text: str, words: str) -> None:
    assert searchable(text) == words


def test_filters_narrow_the_index_itself() -> None:
    search = Search("x", frozenset({NodeKind.THING}), type="blog_post", group_id="grp_1", label="a:b c", status="draft")
    query = query_of(search) or ""
    for part in (
        '+type:"blog_post"',
        '+groupId:"grp_1"',
        '+status:"draft"',
        '+labelWords:"a"',
        "-id:grp_*",
        "-id:per_*",
    ):
        assert part in query
    assert '+labelWords:"c"' in query
    assert "+(id:grp_*)" in (query_of(Search("x", frozenset({NodeKind.GROUP}))) or "")
