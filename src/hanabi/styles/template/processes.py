"""The template processes of a server: one for each template, warm between renderings."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from hanabi.errors import InvalidRequestError, OverloadedError
from hanabi.styles.template.connection import TemplateProcess
from hanabi.styles.template.frames import Refused, Render, Rendered
from hanabi.styles.template.limits import PROCESSES

RenderTemplate = Callable[[str, Render], Rendered | Refused]
"""Renders a template, given as its text, under the limits."""


def check_template(template: str) -> None:
    """Compile the template of a conversation config without rendering it; takes about 0.1 s.

    Raises InvalidRequestError with the line at fault.
    """
    with TemplateProcess() as process:
        answer = process.compile(template)
    if isinstance(answer, Refused):
        path = "conversation_config.args.template"
        raise InvalidRequestError(f"{path}: {answer}", param=path)


def render_once(template: str, call: Render) -> Rendered | Refused:
    """Render in a process that is started for it, which takes about 0.1 s."""
    with TemplateProcess() as process:
        answer = process.compile(template)
        return answer if isinstance(answer, Refused) else process.render(call)


class _Place:
    """Where the process of one template is, and who uses it.

    Attributes:
        lock: held while the process is started, used or ended.
        process: None before it is started and after it has ended.
        overran: whether the last rendering ended the process.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: TemplateProcess | None = None
        self.overran = False


class TemplateProcesses:
    """Renders templates from any thread; keeps the processes of the latest ones.

    A template that is slow delays only renderings of its own: they take turns. After it has
    broken a limit only one thread at a time waits for it, until it has kept the limits again.
    """

    def __init__(self, most: int = PROCESSES) -> None:
        """Take how many processes to keep."""
        self._most = most
        self._places: OrderedDict[str, _Place] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, template: str, call: Render) -> Rendered | Refused:
        """Render a template. Raises OverloadedError when it is being waited for already."""
        place = self._place(template)
        try:
            if place.process is not None and place.process.ended:
                place.process.end()
                place.process = None
            if place.process is None:
                process = TemplateProcess()
                answer = process.compile(template)
                if isinstance(answer, Refused):
                    process.end()
                    place.overran = True
                    return answer
                place.process = process
            result = place.process.render(call)
            place.overran = place.process.ended
            return result
        finally:
            place.lock.release()

    def close(self) -> None:
        """End every process; the object is not used again."""
        with self._lock:
            for place in self._places.values():
                with place.lock:
                    if place.process is not None:
                        place.process.end()
            self._places.clear()

    def _place(self, template: str) -> _Place:
        """The place of a template, locked; the longest unused other ones are cleared."""
        while True:
            with self._lock:
                place = self._places.setdefault(template, _Place())
                self._places.move_to_end(template)
            if not place.lock.acquire(blocking=not place.overran):
                raise OverloadedError(
                    "The model's conversation template has just broken its limits, and is being "
                    "tried again by another request. Send the request again.",
                    retry_after=1,
                )
            with self._lock:
                if self._places.get(template) is place:
                    self._clear()
                    return place
            place.lock.release()  # it was cleared while this thread waited

    def _clear(self) -> None:
        """End the longest unused processes beyond the most; one in use stays for now."""
        for template, place in list(self._places.items()):
            if len(self._places) <= self._most:
                return
            if place.lock.acquire(blocking=False):
                del self._places[template]
                if place.process is not None:
                    place.process.end()
                place.lock.release()
