"""What a mail says, in text and in HTML: templates beside this module, whose first line of text is the subject.

Each language has a folder of its own. Who has chosen none that there is reads English.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.mail import Mail, MailTemplate, Message
from domain.values import JSONObject

FOLDER: Final = Path(__file__).with_name("mail_templates")

LANGUAGES: Final = ("en", "de")
"""The languages of mails, each a folder with every template; the first is for everybody else."""

_templates: Final = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


_TOKEN: Final = "onet_an-example-that-opens-nothing"  # noqa: S105 - it opens nothing

EXAMPLES: Final[Mapping[MailTemplate, JSONObject]] = MappingProxyType(
    {
        **dict.fromkeys(MailTemplate, MappingProxyType({})),
        MailTemplate.VERIFY_EMAIL: {"token": _TOKEN, "code": "123456"},
        MailTemplate.RESET_PASSWORD: {"token": _TOKEN},
        MailTemplate.SIGN_IN: {"token": _TOKEN, "code": "123456"},
        MailTemplate.CHANGE_EMAIL: {"token": _TOKEN},
        MailTemplate.RECOVERY_CODE_USED: {"left": 9},
        MailTemplate.ORDER_PLACED: {
            "number": "17",
            "lines": "2 x Story mug, 16.00 USD",
            "total": "32.00 USD",
            "until": "2026-03-02T09:30 UTC",
        },
        MailTemplate.ORDER_FULFILLED: {"number": "17", "lines": "Story mug"},
        MailTemplate.ORDER_REFUNDED: {"number": "17", "amount": "16.00 USD"},
        MailTemplate.REFUND_DECLINED: {"number": "17", "amount": "16.00 USD"},
        MailTemplate.WEBHOOK_PAUSED: {
            "name": "Bookkeeping",
            "webhook": "whk_example",
        },
        MailTemplate.SUPPORT_ACCESS_BEGAN: {
            "group": "Aurora",
            "who": "Ada Operator",
            "reason": "You asked us to mend the order 17.",
            "until": "2026-03-02T10:30 UTC",
        },
    }
)
"""For each template the values of a mail as it might be."""


def language_of(locale: str | None) -> str:
    """The language that a mail to somebody is in: theirs, or the next wider one that there is (RFC 4647, section 3.4).

    So de-AT and de_CH read German. What is no language tag, or none that there is, is English.
    """
    subtags = (locale or "").replace("_", "-").casefold().split("-")
    return subtags[0] if subtags[0] in LANGUAGES else LANGUAGES[0]


def example(template: MailTemplate, app_url: str, locale: str | None = None) -> Message:
    """A mail of that template as it might be, to nobody; no link in it opens anything."""
    return _rendered(template, EXAMPLES[template], app_url, key="mal_example", address="nia@one.example", locale=locale)


def rendered(mail: Mail, app_url: str) -> Message:
    """A mail as it is sent, whose links lead to pages below that address."""
    return _rendered(mail.template, mail.values, app_url, key=mail.id, address=mail.address, locale=mail.locale)


def _rendered(
    template: MailTemplate, given: JSONObject, app_url: str, *, key: str, address: str, locale: str | None
) -> Message:
    values, name = {**given, "app_url": app_url}, f"{language_of(locale)}/{template}"
    subject, _, text = _templates.get_template(f"{name}.txt").render(values).partition("\n\n")
    html = _templates.get_template(f"{name}.html").render(values)
    return Message(key=key, address=address, subject=" ".join(subject.split()), text=text, html=html)
