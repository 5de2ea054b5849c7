"""Who reads and does what in a small world, by the words of docs/access.md: plain and slow, and written apart.

It imports nothing of the server, so that a rule that is wrong there is not wrong here for the same reason.
"""

from dataclasses import dataclass

ROLES = ("viewer", "editor", "admin", "owner")
"""The roles of members, each more than those before."""
MEMBERS = ("org_owner", "org_user")
"""The roles on the platform of those whose memberships let them change something."""

OF_GROUPS = {"create_thing": "editor", "update_group": "admin", "create_group": "admin", "delete_group": "owner"}
OF_THINGS = {"label_thing": "editor", "update_thing": "editor", "move_thing": "editor", "delete_thing": "admin"}
BY_MEMBERSHIP = {"create_group", "move_thing"}
ON_THE_THING = {"label_thing", "update_thing"}
OF_TYPES = {"order": "owner", "invitation": "admin"}
"""What it takes at least to do anything to things of these types."""
BY_OTHER_MUTATIONS = {"order": {"update_thing", "move_thing", "delete_thing"}}
NEVER_PUBLIC = {"order", "invitation", "api_key"}


@dataclass(frozen=True)
class Group:
    """A group, and the number of the one above it."""

    id: str
    parent: int | None
    public: bool
    archived: bool


@dataclass(frozen=True)
class Person:
    """Somebody with a role on the platform."""

    id: str
    role: str
    active: bool


@dataclass(frozen=True)
class Thing:
    """A thing; `customer` is who bought it, `keeper` whose alone it is, by their numbers."""

    id: str
    type: str
    group: int
    published: bool
    customer: int | None
    keeper: int | None


@dataclass(frozen=True)
class Membership:
    """Of a person in a group."""

    id: str
    person: int
    group: int
    role: str
    status: str


@dataclass(frozen=True)
class Grant:
    """A role on a group or a thing, for a person or for the members of a group, by their numbers."""

    id: str
    person: int | None
    holder: int | None
    group: int | None
    thing: int | None
    role: str
    below: bool
    over: bool


@dataclass(frozen=True)
class Link:
    """A connection between two things, or two people."""

    id: str
    source: int
    target: int
    people: bool


@dataclass(frozen=True)
class Happened:
    """An event that happened to a thing; nobody did it where there is no `actor`."""

    id: str
    thing: int
    actor: int | None


@dataclass(frozen=True)
class Model:
    """A world. What refers to something else does so by its number in its list."""

    groups: list[Group]
    people: list[Person]
    things: list[Thing]
    memberships: list[Membership]
    grants: list[Grant]
    links: list[Link]
    events: list[Happened]

    def above(self, group: int) -> list[int]:
        """A group and those above it."""
        found = [group]
        while (parent := self.groups[found[-1]].parent) is not None:
            found.append(parent)
        return found

    def member(self, who: int, group: int) -> str | None:
        """The role of somebody in a group itself, by an active membership."""
        roles = [
            each.role for each in self.memberships if (each.person, each.group, each.status) == (who, group, "active")
        ]
        return highest(roles)

    def by_membership(self, who: int, group: int) -> str | None:
        """The role that counts in a group, of memberships alone."""
        role = self.people[who].role
        if role not in MEMBERS:
            return None
        places = self.above(group) if role == "org_owner" else [group]
        return highest([held for place in places if (held := self.member(who, place))])

    def holds(self, who: int, grant: Grant) -> bool:
        """Whether somebody has what a grant gives."""
        if grant.over or self.people[who].role not in MEMBERS:
            return False
        return grant.person == who or (grant.holder is not None and self.member(who, grant.holder) is not None)

    def role(self, who: int, group: int) -> str | None:
        """The role that counts in a group."""
        roles = [
            each.role
            for each in self.grants
            if each.group is not None
            and (each.group == group or (each.below and each.group in self.above(group)))
            and self.holds(who, each)
        ]
        return highest([*roles, *filter(None, [self.by_membership(who, group)])])

    def on_thing(self, who: int, thing: int) -> str | None:
        """The role that somebody was granted on a single thing."""
        return highest([each.role for each in self.grants if each.thing == thing and self.holds(who, each)])

    def everything(self, who: int) -> bool:
        """Whether somebody reads all, and changes what others do not own."""
        return self.people[who].role == "platform_owner"

    def of_others(self, who: int, group: int) -> bool:
        """Whether a platform owner, who has support access to nothing here, may not change what a group holds.

        It, or one above it, has an owner who is no platform owner, and they are no owner of that one.
        """
        return any(
            (each.group, each.role, each.status) == (place, "owner", "active") and not self.everything(each.person)
            for place in self.above(group)
            if self.member(who, place) != "owner"
            for each in self.memberships
        )

    def sees_group(self, who: int, group: int) -> bool:
        """Whether a group is somebody's to read."""
        return self.everything(who) or self.role(who, group) is not None

    def sees_thing(self, who: int, thing: int) -> bool:
        """The same of a thing."""
        each = self.things[thing]
        if self.everything(who) or each.keeper == who:
            return True
        if each.keeper is not None:
            return False
        return each.customer == who or self.on_thing(who, thing) is not None or self.sees_group(who, each.group)

    def sees_person(self, who: int, person: int) -> bool:
        """The same of a person, who may wait to be a member."""
        if who == person or self.everything(who):
            return True
        return any(each.person == person and self.sees_group(who, each.group) for each in self.memberships)

    def sees_event(self, who: int, event: int) -> bool:
        """The same of an event."""
        each = self.events[event]
        thing = self.things[each.thing]
        return (
            self.everything(who)
            or who in (each.actor, thing.customer)
            or self.on_thing(who, each.thing) is not None
            or self.sees_group(who, thing.group)
        )

    def sees_link(self, who: int, link: Link) -> bool:
        """The same of a connection: both of its ends are."""
        sees = self.sees_person if link.people else self.sees_thing
        return sees(who, link.source) and sees(who, link.target)

    def sees_membership(self, who: int, membership: Membership) -> bool:
        """The same of a membership."""
        return self.sees_person(who, membership.person) and self.sees_group(who, membership.group)

    def sees_grant(self, who: int, grant: Grant) -> bool:
        """The same of a grant."""
        holder = (
            self.sees_person(who, grant.person)
            if grant.person is not None
            else grant.holder is not None and self.sees_group(who, grant.holder)
        )
        target = (
            self.sees_group(who, grant.group)
            if grant.group is not None
            else grant.thing is not None and self.sees_thing(who, grant.thing)
        )
        return holder and target

    def public_group(self, group: int) -> bool:
        """Whether everybody may see a group."""
        return self.groups[group].public and not self.groups[group].archived

    def public_thing(self, thing: int) -> bool:
        """Whether everybody may see a thing."""
        each = self.things[thing]
        return each.published and each.type not in NEVER_PUBLIC and self.public_group(each.group)

    def may_in_group(self, who: int, action: str, group: int) -> bool:
        """Whether somebody may do that to a group, or in it."""
        if self.everything(who):
            return not self.of_others(who, group)
        role = self.by_membership(who, group) if action in BY_MEMBERSHIP else self.role(who, group)
        return covers(role, OF_GROUPS[action])

    def may_to_thing(self, who: int, action: str, thing: int) -> bool:
        """Whether somebody may do that to a thing."""
        each = self.things[thing]
        if action in BY_OTHER_MUTATIONS.get(each.type, ()):
            return False
        if self.everything(who):
            return not self.of_others(who, each.group)
        if each.type == "api_key" or self.people[who].role not in MEMBERS:
            return False
        needed = self.needed(OF_THINGS[action], each)
        role = self.by_membership(who, each.group) if action in BY_MEMBERSHIP else self.role(who, each.group)
        return covers(role, needed) or (action in ON_THE_THING and covers(self.on_thing(who, thing), needed))

    @staticmethod
    def needed(role: str, thing: Thing) -> str:
        """What it takes to do something to a thing that takes that role at least."""
        return max(role, OF_TYPES.get(thing.type, role), key=ROLES.index)

    def may_cancel(self, who: int, thing: int) -> bool:
        """Whether somebody may cancel an order: who bought it, or its seller."""
        each = self.things[thing]
        if self.everything(who) and not self.of_others(who, each.group):
            return True
        return each.customer == who or covers(self.role(who, each.group), "owner")

    def may_read(self, who: int, identifier: str) -> bool:
        """Whether somebody reads a group or a thing: as theirs, or as everybody does."""
        for index, group in enumerate(self.groups):
            if group.id == identifier:
                return self.sees_group(who, index) or self.public_group(index)
        [thing] = [index for index, each in enumerate(self.things) if each.id == identifier]
        return self.sees_thing(who, thing) or self.public_thing(thing)

    def may_link(self, who: int, link: Link) -> bool:
        """Whether somebody may change, and end, a connection between things or people."""
        ends = [] if link.people else [self.things[end] for end in (link.source, link.target)]
        if self.everything(who):
            return not any(self.of_others(who, each.group) for each in ends)
        if self.people[who].role not in MEMBERS:
            return False
        if link.people:
            return self.may_connect(who, link.source)
        return all(covers(self.role(who, each.group), self.needed("editor", each)) for each in ends)

    def may_connect(self, who: int, person: int) -> bool:
        """Whether somebody may connect a person to another one."""
        if self.everything(who):
            return True
        if self.people[who].role not in MEMBERS:
            return False
        theirs = [each.group for each in self.memberships if each.person == person and each.status == "active"]
        return who == person or any(covers(self.role(who, group), "admin") for group in theirs)

    def may_change_membership(self, who: int, each: Membership) -> bool:
        """Whether somebody may change what a membership says beside its role."""
        if self.everything(who):
            return not self.of_others(who, each.group)
        return covers(self.by_membership(who, each.group), max("admin", each.role, key=ROLES.index))

    def may_end_membership(self, who: int, each: Membership) -> bool:
        """Whether somebody may end a membership, as a connection."""
        if self.everything(who):
            return each.person == who or not self.of_others(who, each.group)
        if self.people[who].role not in MEMBERS:
            return False
        above = "owner" if each.role in {"admin", "owner"} else "admin"
        return each.person == who or covers(self.by_membership(who, each.group), above)

    def may_revoke(self, who: int, grant: Grant) -> bool:
        """Whether somebody may take a grant back."""
        needed = max("admin", grant.role, key=ROLES.index)
        group = grant.group
        if grant.thing is not None:
            thing = self.things[grant.thing]
            group, needed = thing.group, self.needed(needed, thing)
        if group is not None and self.everything(who):
            return not self.of_others(who, group)
        return group is not None and covers(self.by_membership(who, group), needed)


def highest(roles: list[str]) -> str | None:
    """The highest of some roles."""
    return max(roles, key=ROLES.index, default=None)


def covers(role: str | None, needed: str) -> bool:
    """Whether a role is at least another one."""
    return role is not None and ROLES.index(role) >= ROLES.index(needed)
