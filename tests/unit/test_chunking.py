"""Chunks: together they are the text, each is within the bound, and no text takes long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chunking import MAX_CHUNK, split

texts = st.lists(
    st.text(max_size=400)
    | st.sampled_from(["\n\n", " ", ". ", "a" * 3_000, "中文。" * 900, "word " * 700, "👩\u200d💻" * 800, "\r\n" * 50]),
    max_size=40,
).map("".join)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(text=texts)
def test_chunks_are_the_text_and_within_the_bound(text: str) -> None:
    chunks = split(text)
    assert "".join(chunks) == text
    assert all(0 < len(chunk) <= MAX_CHUNK for chunk in chunks)


def test_a_short_text_is_one_chunk() -> None:
    assert split("One paragraph.\n\nAnother one.") == ["One paragraph.\n\nAnother one."]


def test_a_text_is_cut_between_paragraphs_or_sentences() -> None:
    paragraph = "A sentence of some words. " * 50
    chunks = split(f"{paragraph}\n\n{paragraph}\n\n{paragraph}")
    assert len(chunks) == 3
    sentences = split("A sentence of some words. " * 200)
    assert all(chunk.strip().startswith("A sentence") and chunk.strip().endswith("words.") for chunk in sentences)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["a" * 1_000_000, "ab " * 333_333, "\n" * 1_000_000, "中" * 1_000_000])
def test_a_million_characters_take_seconds_whatever_they_are(text: str) -> None:
    began = time.monotonic()
    chunks = split(text)
    assert "".join(chunks) == text
    assert max(map(len, chunks)) <= MAX_CHUNK
    assert time.monotonic() - began < 10
