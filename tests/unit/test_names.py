"""Names: any script, and nothing that hides."""

import pytest

from domain.errors import ValidationError
from services.validation import email, name, slug, username


@pytest.mark.parametrize(
    "given",
    [
        "Zoë Ångström",
        "Пётр",
        "Ωmega και άλφα",
        "שָׁלוֹם",
        "محمد",
        "日本語の名前",
        "한국어",
        "ไทย",
        "O'Brien & Søn — №1",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with the non-joiner that it is spelt with
        "\u0915\u094d\u200d\u0937",  # Devanagari, with the joiner that chooses a half form
        "\U0001f469\u200d\U0001f4bb",  # a woman at a computer
        "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f468",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "\u0430pple",  # whose first letter is Cyrillic: names may look alike, for they are no identifiers
    ],
)
def test_a_name_in_any_script_stays_as_it_is(given: str) -> None:
    assert name("name", given) == given


def test_a_name_gets_its_normal_form_and_loses_the_spaces_around_it() -> None:
    assert name("name", "  Zoe\u0308 \u00a0") == "Zoë"


@pytest.mark.parametrize(
    "given",
    [
        "a\u202eb",
        "a\u2066b",
        "a\u200eb",
        "a\u200bb",
        "\ufeffa",
        "a\u00adb",
        "a\u2060b",
        "a\u2028b",
        "\u3164",
        "a\u200db",
        "admin\u200c",
        "日\u200d本",
        "a\U000e0061",
        "\U0001f3f4\U000e0067",
        "a\x00b",
        "a\nb",
        "a\x7fb",
    ],
)
def test_a_name_that_hides_something_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match=r"must not contain the character U\+") as refused:
        name("name", given)
    assert refused.value.field == "name"


@pytest.mark.parametrize("given", ["\u0430dmin", "admin\u200b", "\uff21dmin", "ad min", "ümlaut", ""])
def test_what_names_somebody_in_a_url_or_at_sign_in_is_ascii(given: str) -> None:
    for check in (slug, username):
        with pytest.raises(ValidationError):
            check("field", given)


def test_an_address_has_one_spelling() -> None:
    assert email("email", " Zoe\u0308@One.Example ") == email("email", "zoë@one.example")
