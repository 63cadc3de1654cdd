"""Which judge a run has, loaded once in each process."""

import hashlib
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

from moderation.errors import InvalidModel
from moderation.learning.store import MANIFEST, load_model
from moderation.learning.store.manifest import find_folder, read_manifest
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.settings import read_settings, shipped_models
from moderation.verdict import Verdict

ALL_CORES = 0


class PageJudge(Protocol):
    """What a batch run asks of a moderator."""

    def judge(self, texts: list[str], /) -> list[Verdict]:
        """Return a verdict for each text, in the same order."""


class Identity(NamedTuple):
    """What makes two judges the same."""

    model: str
    model_digest: str
    policy: str
    policy_digest: str


class JudgeSource(Protocol):
    """Something small that is sent to each worker, which makes a judge of it."""

    @property
    def identity(self) -> Identity:
        """What the judge that it makes is known by."""

    def load(self, threads: int) -> PageJudge:
        """Make the judge; `threads` is how many it may use, 0 for one a core."""


class ModelSource(NamedTuple):
    """A model by its name, and a policy whole, so that no other machine needs its file."""

    model: str
    model_id: str
    model_digest: str
    policy: Policy

    @classmethod
    def of(cls, model: str | Path | None = None, policy: Path | None = None) -> "ModelSource":
        """Find a model and read a policy; the settings name them where they are not given.

        Raises
        ------
        InvalidModel, InvalidPolicy, InvalidSettings
        """
        settings = read_settings(model=model and str(model), policy=policy)
        folder = find_folder(settings.model, shipped_models())
        manifest = read_manifest(folder, shipped_models())
        # A shipped model goes by its name, since every machine has it somewhere else.
        is_shipped = folder.parent == shipped_models()
        name = folder.name if is_shipped else str(folder.resolve())
        return cls(name, manifest.id, manifest.sha256, Policy.load(settings.policy))

    @property
    def identity(self) -> Identity:
        """The model's id and its manifest's digest, the policy's name and its digest."""
        policy = hashlib.sha256(self.policy.model_dump_json().encode()).hexdigest()
        return Identity(self.model_id, self.model_digest, self.policy.name, policy)

    def load(self, threads: int) -> PageJudge:
        """Load the model.

        Raises
        ------
        InvalidModel
            If this machine has another model of that name than the one that started the run.
        """
        folder = find_folder(self.model, shipped_models())
        if read_manifest(folder, shipped_models()).sha256 != self.model_digest:
            raise InvalidModel(
                f"This machine's {self.model_id} is another one than that of the run.",
                where=str(folder / MANIFEST),
                remedy="Install the same version of the package on every machine.",
            )
        model = load_model(folder, shipped_models(), threads, self.model_digest)
        return Moderator(model, self.policy)


_loaded: dict[tuple[Identity, int], PageJudge] = {}
_loading = Lock()


def judge_of(source: JudgeSource, threads: int) -> PageJudge:
    """Return this process's judge, loading it when it is first asked for."""
    key = (source.identity, threads)
    with _loading:
        if key not in _loaded:
            # One at a time: a model takes much memory.
            _loaded.clear()
            _loaded[key] = source.load(threads)
        return _loaded[key]
