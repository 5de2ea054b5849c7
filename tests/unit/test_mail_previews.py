"""What mails say: every template has an example, which is whole."""

import re

import pytest
from typer.testing import CliRunner

from app.cli import app
from domain.mail import MailTemplate
from services.mail_rendering import EXAMPLES, FOLDER, example

APP = "https://app.one.example"


@pytest.mark.parametrize("template", MailTemplate)
def test_every_template_has_an_example_with_all_that_it_needs_and_no_more(template: MailTemplate) -> None:
    used = set()
    for ending in ("txt", "html"):
        used |= set(re.findall(r"\{\{ (\w+) \}\}", (FOLDER / f"{template}.{ending}").read_text(encoding="utf-8")))
    assert used - {"app_url"} == set(EXAMPLES[template])
    shown = example(template, APP)
    assert shown.subject
    assert shown.text.startswith("Hello,")
    assert shown.html.startswith("<!doctype html>")
    assert "{" not in shown.text + shown.html
    for value in EXAMPLES[template].values():
        assert str(value) in shown.text
        assert str(value) in shown.html


def test_the_command_shows_all_templates_or_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_APP_URL", APP)
    shown = CliRunner().invoke(app, ["mail", "preview"])
    assert (shown.exit_code, shown.output.count("Subject: ")) == (0, len(MailTemplate))
    shown = CliRunner().invoke(app, ["mail", "preview", "sign_in", "--html"])
    assert shown.output == f"{example(MailTemplate.SIGN_IN, APP).html}\n"
