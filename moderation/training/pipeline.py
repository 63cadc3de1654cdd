"""A training run: from the labelled set and the corpora to a model that passed the gate.

A new model is measured, reported, and compared with the gate and with the model that it would
replace, before it is put in place.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.console import Console

from moderation.corpora import CORPORA, CorpusState, CorpusText
from moderation.errors import InvalidInput, InvalidModel
from moderation.evaluation import Evaluation, evaluate
from moderation.files import storing, write_text
from moderation.labels.checks import check_labels
from moderation.labels.records import LANGUAGES as FOREIGN
from moderation.labels.records import (
    Example,
    example_files,
    examples_digest,
    raise_problems,
    read_examples,
)
from moderation.models.base import LANGUAGES, Judge, languages_of
from moderation.models.cascade import CascadeModel
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.models.polyglot import PolyglotState
from moderation.models.store import MANIFEST, load_model, save_model
from moderation.models.store.manifest import MODEL_ID
from moderation.models.store.models import component_of
from moderation.models.store.states import as_stored
from moderation.text.language import ENGLISH
from moderation.training.calibration import fit_cascade
from moderation.training.data import Dataset, Gathered, Labelled, drawn, gather
from moderation.training.fit import Recipe, Step, fit_fast
from moderation.training.gate import Gate, Measured, measure
from moderation.training.report import figures, rounded, summary_table, write_card, write_report

MOST_OF_A_CORPUS_ABROAD = 4_000
"""Texts of one corpus from which a model of other languages learns at most, so that no language
outweighs all others."""

Tier = Literal["fast", "encoder", "cascade", "multilingual", "polyglot"]
Sources = Literal["both", "labels", "corpora"]


class Destination(NamedTuple):
    """The place of a new model, and the gate that it must pass."""

    folder: Path
    model_id: str
    gate: Path
    report: Path
    rival: Judge | None = None
    """A model elsewhere to compare it with; when not given, the one that it would replace."""


class Material(NamedTuple):
    """The data that models learn from and are measured on."""

    labels: Path
    examples: list[Example]
    corpora: Gathered
    english: tuple[Example, ...] = ()
    """For a model of other languages, the examples in English, from which it learns too."""

    @property
    def dev(self) -> Dataset:
        """Our own examples of the split on which all choices are made."""
        return Dataset.of(self.examples, "dev")

    @property
    def calibrating(self) -> Labelled:
        """All texts of that split: our own examples, and real comments that were judged."""
        return Labelled.of(self.dev, self.corpora.judged_of("dev"))


class Candidate(NamedTuple):
    """A new model that is not in place yet."""

    model: FastModel | EncoderModel | CascadeModel
    """Its manifest lacks the figures."""
    network: bytes | None = None


class RunOutcome(NamedTuple):
    """The result of a training run."""

    saved: bool
    """True if the new model is in place."""
    measured: Measured
    failures: list[str]
    """The requirements of the gate that it does not meet."""
    old: Evaluation | None
    """The figures on the same dev split of the model that it was compared with."""


class TrainingPlan(NamedTuple):
    """The data, recipe and destination of a run that trains the fast tier."""

    place: Destination
    sources: Sources = "both"
    recipe: Recipe = Recipe()


def train(plan: TrainingPlan, material: Material, console: Console) -> RunOutcome:
    """Train the fast tier and put it in place, unless it fails the gate and there is an old one.

    Raises
    ------
    InvalidLabels, InvalidGate, InvalidInput
    """
    check_place(plan.place)
    with progress(console) as step:
        recipe = plan.recipe._replace(own=plan.sources != "corpora")
        known = [text for text in material.corpora.train if text.known]
        learned = [] if plan.sources == "labels" else drawn(known, recipe.most_of_a_corpus)
        judged = [*material.corpora.judged_of("train"), *material.corpora.judged_of("dev")]
        judged = [] if plan.sources == "labels" else judged
        state = fit_fast(material.examples, learned, recipe, step, judged)
        manifest = describe(
            "fast", plan.place, material, learned, ("nltk", "numpy", "scikit-learn", "scipy")
        )
        manifest["training"] |= {"own": recipe.own, "seed": recipe.seed}
        # Measured with the rounding with which it is stored.
        model = FastModel(type(state)(**as_stored(state._asdict())), manifest)
        return put_in_place(Candidate(model), plan.place, material, console, step)


def train_cascade(
    place: Destination, fast: Path, encoder: Path, material: Material, console: Console
) -> RunOutcome:
    """Fit a cascade of two tiers and put it in place, on the same terms as `train`.

    Parameters
    ----------
    place : Destination
    fast, encoder : Path
        The folders of the two models, beside the cascade's.
    material : Material
    console : Console

    Raises
    ------
    InvalidModel, InvalidGate, InvalidInput
    """
    check_place(place)
    with progress(console) as step:
        step("joining the tiers")
        quick, slow = load_model(fast, fast.parent), load_model(encoder, encoder.parent)
        if not (isinstance(quick, FastModel) and isinstance(slow, EncoderModel)):
            raise InvalidInput("A cascade is made of a fast tier and an encoder.", where=str(fast))
        fitted = fit_cascade(quick, slow, material.calibrating, material.corpora.held_out)
        manifest = describe("cascade", place, material, (), ("numpy", "scikit-learn"))
        manifest |= {
            "languages": sorted({*languages_of(quick.manifest)} & {*languages_of(slow.manifest)}),
            "parts": {
                "fast": component_of(quick, fast).model_dump(),
                "encoder": component_of(slow, encoder).model_dump(),
            },
            "band": rounded(fitted.chosen._asdict()),
            "curve": [rounded(band._asdict()) for band in fitted.curve],
        }
        state = type(fitted.state)(**as_stored(fitted.state._asdict()))
        model = CascadeModel(state, quick, slow, manifest)
        return put_in_place(Candidate(model), place, material, console, step)


def join_polyglot(place: Destination, english: Path, others: Path, console: Console) -> bool:
    """Join an encoder of English and one of other languages, and put the polyglot in place.

    Nothing is fitted: the thresholds are those of the encoder of English.

    Parameters
    ----------
    place : Destination
        Its gate is not asked, for both encoders have passed theirs.
    english, others : Path
        The folders of the two models, beside the polyglot's.
    console : Console

    Raises
    ------
    InvalidModel, InvalidInput
    """
    one, other = load_model(english, english.parent), load_model(others, others.parent)
    if not (isinstance(one, EncoderModel) and isinstance(other, EncoderModel)):
        raise InvalidInput("A polyglot is made of two encoders.", where=str(place.folder))
    manifest = {
        "id": place.model_id,
        "tier": "polyglot",
        "languages": sorted({*languages_of(one.manifest), *languages_of(other.manifest)}),
        "parts": {
            "english": component_of(one, english).model_dump(),
            "others": component_of(other, others).model_dump(),
        },
    }
    state = PolyglotState(one.thresholds, one.review_thresholds)
    card = (
        f"# {place.model_id}\n\n`{one.id}` judges English, `{other.id}` all other languages that "
        "it knows; their cards tell how they were made.\n"
    )
    save_model(place.folder, state, manifest, card)
    console.print(f"{place.model_id} is in {place.folder}.", highlight=False, soft_wrap=True)
    return True


def read_material(labels: Path, corpora: Path, console: Console, step: Step) -> Material:
    """Check and read the labelled set, and read the corpora that are present.

    Raises
    ------
    InvalidLabels, CorpusError
    """
    raise_problems(check_labels(labels), labels)
    examples = read_examples(labels)
    step("reading the corpora")
    gathered = gather(corpora, examples, labels)
    console.print(gathered.summary(), highlight=False, soft_wrap=True)
    return Material(labels, examples, gathered)


def read_foreign_material(labels: Path, corpora: Path, console: Console, step: Step) -> Material:
    """Read the data for a model of other languages than English, as `read_material` does.

    It has few texts in most of them, and learns from those in English what hostility is. What is in
    the wordpieces of one language is then known in the others.
    """
    raise_problems(check_labels(labels), labels)
    english, foreign = read_examples(labels), read_examples(labels / FOREIGN)
    step("reading the corpora")
    languages = (ENGLISH, *sorted({example.language for example in foreign}))
    gathered = gather(
        corpora, [*english, *foreign], labels, languages, most=MOST_OF_A_CORPUS_ABROAD
    )
    console.print(gathered.summary(), highlight=False, soft_wrap=True)
    return Material(labels / FOREIGN, foreign, gathered, tuple(english))


@contextmanager
def progress(console: Console) -> Iterator[Step]:
    """Yield a function that shows the current step.

    On a terminal it is a status line, elsewhere a line for each step.
    """
    with console.status("checking the labelled set") as status:

        def step(message: str) -> None:
            status.update(message)
            if not console.is_terminal:
                console.print(message, highlight=False)

        yield step


def check_place(place: Destination) -> None:
    """Raise InvalidInput or InvalidGate if no model can be put in a place."""
    if not re.fullmatch(MODEL_ID, place.model_id):
        raise InvalidInput(
            "A model id is a name, an @ and a version.", where=place.model_id, remedy="fast@2026.12"
        )
    Gate.load(place.gate)


def describe(
    tier: Tier,
    place: Destination,
    material: Material,
    learned: Sequence[CorpusText],
    packages: Sequence[str],
) -> dict[str, Any]:
    """Return the part of a manifest that says how the model was made.

    Parameters
    ----------
    tier : str
    place : Destination
    material : Material
    learned : sequence of CorpusText
        The texts of corpora that it learned from.
    packages : sequence of str
        The packages whose versions are recorded.
    """
    files = example_files(material.labels)
    languages = {example.language for example in material.examples}
    sources = Counter(text.source for text in learned)
    return {
        "id": place.model_id,
        "tier": tier,
        "languages": sorted(languages) or list(LANGUAGES),
        "training": {
            "files": [file.name for file in files],
            "sha256": examples_digest(files),
            "examples": len(material.examples),
            "splits": dict(sorted(Counter(e.split for e in material.examples).items())),
            "corpora": {
                corpus.name: {
                    "texts": sources[corpus.name],
                    "licence": corpus.licence,
                    "sha256": {file.name: file.sha256 for file in corpus.files},
                }
                for corpus in CORPORA
                if sources[corpus.name]
            },
        },
        "versions": {name: version(name) for name in ("moderation", *packages)},
    }


def put_in_place(
    candidate: Candidate, place: Destination, material: Material, console: Console, step: Step
) -> RunOutcome:
    """Measure a model and put it in place, unless it fails the gate and there is an old one."""
    model = candidate.model
    gate = Gate.load(place.gate)
    step("measuring")
    corpora = material.corpora
    judged = [*corpora.judged_of("dev"), *corpora.judged_of("test")]
    measured = measure(model, material.examples, material.labels, corpora.held_out, judged)
    manifest = model.manifest
    manifest["figures"] = figures(measured)
    step("writing the report")
    with storing(place.report):
        place.report.parent.mkdir(parents=True, exist_ok=True)
    test = Dataset.of(material.examples, "test")
    write_text(place.report, write_report(model, manifest, test, measured))
    old = _old_evaluation(place, material.dev.examples)
    failures = gate.failures(measured, old)
    saved = not failures or not (place.folder / MANIFEST).is_file()
    if saved:
        card = write_card(manifest, measured)
        save_model(place.folder, model.state, manifest, card, candidate.network)
    console.print(summary_table(measured))
    for failure in failures:
        console.print(f"gate: {failure}", style="yellow", highlight=False)
    states = material.corpora.states.values()
    if failures and not all(state is CorpusState.PRESENT for state in states):
        console.print("Corpora were absent; `moderation corpora fetch` brings them.")
    where = f"{model.id} is in {place.folder}" if saved else "The old model was kept"
    console.print(f"{where}; the report is {place.report}.", highlight=False, soft_wrap=True)
    return RunOutcome(saved, measured, failures, old)


def _old_evaluation(place: Destination, examples: Sequence[Example]) -> Evaluation | None:
    """Return the figures on dev of the rival, or of the model to be replaced if it is sound."""
    if place.rival is not None:
        return evaluate(place.rival, examples)
    if not (place.folder / MANIFEST).is_file():
        return None
    try:
        return evaluate(load_model(place.folder, place.folder.parent), examples)
    except InvalidModel:
        return None
