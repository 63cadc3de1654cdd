"""The default model's engine, and those of the other models that a request may ask for."""

from collections.abc import Callable, Mapping
from pathlib import Path

from moderation.errors import InvalidInput, NotReady
from moderation.moderator import Moderator
from moderation.service.judging.engine import Engine
from moderation.settings import Settings

Load = Callable[[], Moderator]


class UnknownModel(InvalidInput):
    """A request asks for a model that it may not ask for."""

    code = "unknown_model"


class Engines:
    """Finds a model's engine by the model's id.

    The name in a request only chooses among what the settings list; it never becomes a path.

    Parameters
    ----------
    default : Engine
        Of the model that judges when a request names none.
    default_name : str
        The setting `model`.
    others : mapping of str to Engine
        Not started: each is when it is first asked for, and stays.
    """

    def __init__(self, default: Engine, default_name: str, others: Mapping[str, Engine]) -> None:
        self._default = default
        self._default_name = id_of(default_name)
        self._others = others
        self._started: set[str] = set()

    @property
    def ids(self) -> list[str]:
        """The ids that a request may name, the default first."""
        return list(dict.fromkeys((self._default_id(), *self._others)))

    def find(self, name: str | None) -> Engine:
        """Return the engine of the model with an id, the default one when it is None.

        Raises
        ------
        UnknownModel
            If no such model is served.
        """
        if name is None or name in {self._default_name, self._default_id()}:
            return self._default
        engine = self._others.get(name)
        if engine is None:
            raise UnknownModel(
                "There is no such model here.",
                where="model",
                remedy=f"Ask for one of: {', '.join(self.ids)}.",
            )
        if name not in self._started:
            self._started.add(name)
            engine.start()
        return engine

    def reload(self) -> None:
        """Load anew those of the others that have been asked for."""
        for name in self._started:
            self._others[name].reload()

    def _default_id(self) -> str:
        try:
            return self._default.moderator.model.id
        except NotReady:
            return self._default_name


def id_of(entry: str) -> str:
    """Return the id that an entry of the settings stands for: itself, or its folder's name."""
    return Path(entry).name


def threads_of(settings: Settings) -> int:
    """Return the threads for one batch: one, where the settings leave it open.

    Several batches are judged at a time, so that one thread each keeps all cores busy, and none
    spins while it waits for the others.
    """
    return settings.threads or 1
