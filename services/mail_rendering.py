"""What a mail says, in text and in HTML: templates beside this module, whose first line of text is the subject."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.mail import Mail, Message

FOLDER: Final = Path(__file__).with_name("mail_templates")

_templates: Final = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def rendered(mail: Mail, app_url: str) -> Message:
    """A mail as it is sent, whose links lead to pages below that address."""
    values = {**mail.values, "app_url": app_url}
    subject, _, text = _templates.get_template(f"{mail.template}.txt").render(values).partition("\n\n")
    html = _templates.get_template(f"{mail.template}.html").render(values)
    return Message(key=mail.id, address=mail.address, subject=" ".join(subject.split()), text=text, html=html)
