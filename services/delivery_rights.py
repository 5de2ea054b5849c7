"""Who still sees what, asked when an event is handed over, and for all who ask at the same time together.

Whatever changes somebody's access is an entry of the audit log. So what was decided holds for as long as that has no
new entry, which takes one short statement to find out, whoever asks and however much was decided.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.access import Caller, Reach, Viewer
from domain.errors import AuthError
from domain.events import Event
from graph import audit, live_events
from graph.live_events import Asked
from graph.store import Store
from services.access import reach_of
from services.keys import Keys
from services.sessions import Sessions

OVER: Final = (
    "Your session is over or your API key is no longer valid: sign in again, and go on after your last cursor."
)

_MOST: Final = 500
"""How many questions are answered together."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who asked, as they are now, and those of the events that they see, each with the groups it happened below.

    The audit log had so many `entries` before all of that was read.
    """

    viewer: Viewer
    seen: Mapping[str, frozenset[str]]
    entries: int


@dataclass(frozen=True, slots=True)
class _Question:
    viewer: Viewer
    events: Sequence[Event]
    groups: frozenset[str]
    answer: "asyncio.Future[Answer]"


class DeliveryRights:
    """Answers with four statements however many ask: of the audit log, of sessions, of keys, and of what they see.

    Only a key that is confined to groups takes one more. Whether anything changed takes the first alone.
    """

    def __init__(self, store: Store, sessions: Sessions, keys: Keys) -> None:
        self._store = store
        self._sessions = sessions
        self._keys = keys
        self._waiting: list[_Question] = []
        self._holding: list[asyncio.Future[int]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, viewer: Viewer, events: Sequence[Event], groups: frozenset[str] = frozenset()) -> Answer:
        """Which of the events somebody sees now who said who they are some time ago.

        AuthError where their session or key is not in force any more, NetworkError where the store cannot be reached.
        """
        question = _Question(viewer, events, groups, asyncio.get_running_loop().create_future())
        self._waiting.append(question)
        self._begin()
        return await question.answer

    async def holds(self, entries: int) -> bool:
        """Whether what was answered when the audit log had so many entries holds still. NetworkError as above."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._holding.append(answer)
        self._begin()
        return await answer == entries

    def _begin(self) -> None:
        if self._work is None:
            self._work = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        """Answer whatever is asked, until nothing is; what is asked meanwhile makes up the next round."""
        try:
            await asyncio.sleep(0)
            while self._waiting or self._holding:
                round_, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                holding, self._holding = self._holding, []
                try:
                    entries = (await audit.read_head(self._store)).sequence
                    for answer in holding:
                        if not answer.done():
                            answer.set_result(entries)
                    if round_:
                        await self._answer_together(round_, entries)
                except Exception as error:  # noqa: BLE001 - it is raised where each of them waits
                    _fail([*holding, *(each.answer for each in round_)], error)
        finally:
            self._work = None

    async def _answer_together(self, questions: Sequence[_Question], entries: int) -> None:
        sessions = {each.viewer.session.id for each in questions if each.viewer.session is not None}
        keys = {each.viewer.key_id for each in questions if each.viewer.key_id is not None}
        viewers = {
            **await self._sessions.authenticate_again(list(sessions)),
            **await self._keys.authenticate_again(list(keys)),
        }
        asked: dict[Reach, tuple[set[str], set[str]]] = {}
        reaches: list[tuple[_Question, Viewer, Reach]] = []
        for each in questions:
            viewer = viewers.get(_credential(each.viewer))
            if viewer is None:
                if not each.answer.done():
                    each.answer.set_exception(AuthError(OVER))
                continue
            reach = reach_of(Caller(viewer))
            reaches.append((each, viewer, reach))
            if each.groups or not reach.everything:
                ids, groups = asked.setdefault(reach, (set(), set()))
                ids.update(event.id for event in each.events)
                groups.update(each.groups)
        wanted = [Asked(reach, sorted(ids), sorted(groups)) for reach, (ids, groups) in asked.items() if ids]
        answers = await live_events.visible(self._store, wanted) if wanted else []
        seen = {each.reach: found for each, found in zip(wanted, answers, strict=True)}
        for each, viewer, reach in reaches:
            if reach.everything and not each.groups:
                found: Mapping[str, frozenset[str]] = {event.id: frozenset() for event in each.events}
            else:
                found = seen.get(reach, {})
            if not each.answer.done():
                each.answer.set_result(Answer(viewer, found, entries))


def _fail(waiting: "Iterable[asyncio.Future[int] | asyncio.Future[Answer]]", error: Exception) -> None:
    for each in waiting:
        if not each.done():
            each.set_exception(error)


def _credential(viewer: Viewer) -> str:
    return viewer.session.id if viewer.session is not None else str(viewer.key_id)
