"""Who can do something in a group, and where somebody can do anything, as rows of lists."""

from dataclasses import dataclass

from domain.groups import Group
from domain.people import Person
from domain.standing import Subject


@dataclass(frozen=True, slots=True)
class AccessHolder:
    """Somebody who may do something; `person` is None where whoever asks does not see them.

    `own` says that it is about a thing that is somebody's alone, `changing` that they may do more than read.
    """

    subject: Subject
    own: bool
    changing: bool
    person: Person | None


@dataclass(frozen=True, slots=True)
class AccessibleGroup:
    """A group in which somebody may do something."""

    subject: Subject
    group: Group
