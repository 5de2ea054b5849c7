"""What mails say: every template has an example in every language, which is whole."""

import re

import pytest
from typer.testing import CliRunner

from app.cli import app
from domain.mail import MailTemplate
from services.mail_rendering import EXAMPLES, FOLDER, LANGUAGES, example, language_of

APP = "https://app.one.example"
GREETINGS = {"en": "Hello,", "de": "Hallo,"}


@pytest.mark.parametrize("template", MailTemplate)
def test_every_template_has_an_example_with_all_that_it_needs_and_no_more(template: MailTemplate) -> None:
    for language in LANGUAGES:
        used = set()
        for ending in ("txt", "html"):
            text = (FOLDER / language / f"{template}.{ending}").read_text(encoding="utf-8")
            used |= set(re.findall(r"\{\{ (\w+) \}\}", text))
        assert used - {"app_url"} == set(EXAMPLES[template])
        shown = example(template, APP, language)
        assert shown.subject
        assert shown.text.startswith(GREETINGS[language])
        assert shown.html.startswith(f'<!doctype html>\n<html lang="{language}">')
        assert f"<title>{shown.subject}</title>" in shown.html
        assert "{" not in shown.text + shown.html
        for value in EXAMPLES[template].values():
            assert str(value) in shown.text
            assert str(value) in shown.html


def test_no_language_has_a_template_that_the_others_lack() -> None:
    names = {f"{template}.{ending}" for template in MailTemplate for ending in ("txt", "html")}
    assert {folder.name for folder in FOLDER.iterdir()} == set(LANGUAGES)
    assert {language: {file.name for file in (FOLDER / language).iterdir()} for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, names
    )


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        *((each, "de") for each in ("de", "DE", "de-AT", "de_CH", "de-Latn-DE-1996")),
        *(
            (each, "en")
            for each in (None, "", "en-GB", "fr", "tr-TR", "dede", "\u0131t", "../de", "de/../en", "x" * 500)
        ),
    ],
)
def test_who_speaks_no_language_that_there_is_reads_english(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_the_command_shows_all_templates_or_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_APP_URL", APP)
    shown = CliRunner().invoke(app, ["mail", "preview"])
    assert (shown.exit_code, shown.output.count("Subject: ")) == (0, len(MailTemplate))
    shown = CliRunner().invoke(app, ["mail", "preview", "sign_in", "--html"])
    assert shown.output == f"{example(MailTemplate.SIGN_IN, APP).html}\n"
    shown = CliRunner().invoke(app, ["mail", "preview", "sign_in", "--locale", "de-AT"])
    assert "Subject: Anmelden bei ONE" in shown.output
