"""Promises to users of the Python interface."""

import itertools
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import Action, Moderator, Verdict
from moderation import moderator as module
from moderation.errors import InvalidModel, InvalidPolicy, InvalidText
from moderation.models.base import Judgement, label_of
from moderation.models.store import MANIFEST
from moderation.policy import Policy, WordLists
from moderation.settings import shipped_models
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, OTHERWISE, Label
from moderation.text.document import Document, finish
from moderation.text.normalise import normalise
from moderation.text.segmentation import tokenise

HOSTILE = "My village is calm.\n\n🙏🏽 The Chinese are vermin, drive them out! We ate together."

texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
).filter(str.strip)


@pytest.fixture(scope="module")
def shipped() -> Moderator:
    return Moderator.load()


def test_the_attributes_and_labels_are_those_of_the_design() -> None:
    assert set(LABELLING) | {OTHERWISE} == set(Label)
    assert set(LABELLING) <= set(ATTRIBUTE_NAMES)
    assert len(ATTRIBUTE_NAMES) == len(set(ATTRIBUTE_NAMES)) == 9


def test_a_hostile_passage_is_labelled_with_evidence_and_target(tiny_moderator: Moderator) -> None:
    (verdict,) = tiny_moderator.judge([HOSTILE])
    assert verdict.label is Label.ETHNIC_HOSTILITY
    assert verdict.targets == ("Chinese",)
    assert "vermin" in " ".join(HOSTILE[span.start : span.end] for span in verdict.spans)
    assert verdict.model == "tiny@1"


def test_verdicts_come_in_the_order_of_the_texts(tiny_moderator: Moderator) -> None:
    many = ["The ministry said on Monday.", HOSTILE, "My mother crossed the bridge."] * 50
    verdicts = tiny_moderator.judge(many)
    assert verdicts[:3] * 50 == verdicts
    assert len({verdict.label for verdict in verdicts[:3]}) == 3


def test_nothing_is_judged_when_a_text_is_bad_and_its_position_is_told(
    tiny_moderator: Moderator,
) -> None:
    with pytest.raises(InvalidText, match=r"texts\[1\]"):
        tiny_moderator.judge(["fine", " \n"])
    with pytest.raises(TypeError, match="list of texts"):
        tiny_moderator.judge("one text")


def test_no_texts_give_no_verdicts(tiny_moderator: Moderator) -> None:
    assert tiny_moderator.judge([]) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4))
def test_a_text_is_judged_the_same_alone_and_among_others(
    tiny_moderator: Moderator, batch: list[str]
) -> None:
    for verdict, text in zip(tiny_moderator.judge(batch), batch, strict=True):
        (alone,) = tiny_moderator.judge([text])
        assert alone.label is verdict.label
        for name in verdict.scores:
            assert abs(alone.scores[name] - verdict.scores[name]) < 1e-6


@settings(max_examples=60, deadline=None)
@given(texts)
def test_any_text_gets_nine_probabilities_and_evidence_inside_it(
    tiny_moderator: Moderator, text: str
) -> None:
    (verdict,) = tiny_moderator.judge([Document.in_language(text, "en")])
    assert tuple(verdict.scores) == ATTRIBUTE_NAMES
    assert all(0 <= score <= 1 for score in verdict.scores.values())
    for span in verdict.spans:
        assert 0 <= span.start < span.end <= len(text)
        assert span.attribute in FLAGGED
    json.dumps(verdict.to_dict())


def calls_of(functions: list[Callable[..., object]], during: Callable[[], object]) -> list[int]:
    """Return the number of calls of each function while another runs."""
    calls = Counter[object]()

    def count(frame: FrameType, event: str, _: object) -> None:
        calls[frame.f_code] += event == "call"

    sys.setprofile(count)
    try:
        during()
    finally:
        sys.setprofile(None)
    return [calls[function.__code__] for function in functions]


@pytest.mark.parametrize("name", ["fast@2027.01", "encoder@2027.01", "cascade@2026.12"])
@pytest.mark.parametrize("repeated", [1, 30])
def test_a_comment_is_read_once_for_scores_evidence_targets_and_word_lists(
    name: str, repeated: int
) -> None:
    """Each tier used to normalise the comment anew, or each of its sentences."""
    lists = WordLists(review=("lotus",), block=("jasmine",))
    policy = Policy(name="lists", review={"ethnic_hostility": "model"}, words=lists)
    moderator = Moderator(Moderator.load(name, threads=1).model, policy)
    # The Khmer word and the spaced letters are what the compiled kernels leave to the rule.
    text = "All V1etnamese are t h i e v e s. ខ្មែរ ok. They must be driven out! " * repeated
    (verdict,) = moderator.judge([text])
    assert verdict.spans
    assert verdict.targets == ("Vietnamese",)
    normalised, tokenised = calls_of([normalise, tokenise], lambda: moderator.judge([text]))
    assert normalised == 1
    # The whole text, and each of its sentences by itself.
    assert tokenised == 1 + 3 * repeated


def test_many_texts_are_read_some_at_a_time_so_that_memory_is_bounded(
    tiny_moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [HOSTILE, "calm " * 30, "The river rose.", HOSTILE] * 3
    expected = tiny_moderator.judge(many)
    judge, sizes = tiny_moderator.model.judge, list[tuple[int, int]]()

    def counted(texts: Sequence[str]) -> list[Judgement]:
        sizes.append((len(texts), sum(map(len, texts))))
        return judge(texts)

    monkeypatch.setattr(module, "MAX_TEXTS", 5)
    monkeypatch.setattr(module, "MAX_CHARACTERS", 140)
    monkeypatch.setattr(tiny_moderator.model, "judge", counted)
    assert tiny_moderator.judge(many) == expected
    assert finish(tiny_moderator.begin(many)) == expected
    assert sum(count for count, _ in sizes) == len(many)
    # A text that is longer than that is read alone.
    assert all(count == 1 or (count <= 5 and size <= 140) for count, size in sizes)


def test_one_vile_sentence_in_a_long_comment_is_found_and_marked(shipped: Moderator) -> None:
    calm = "My aunt sells noodles near the old bridge. We talked about the price of rice. "
    vile = "The Vietnamese are thieves by blood and must be driven out of our land. "
    text = calm * 60 + vile + calm * 60
    (verdict,) = shipped.judge([text])
    assert verdict.label is Label.ETHNIC_HOSTILITY
    assert verdict.action is Action.REVIEW
    hostile = [span for span in verdict.spans if span.attribute == "ethnic_hostility"]
    hottest = max(hostile, key=lambda span: span.score)
    # The full stop before it may be in it, and words of its neighbours may be marked, less surely.
    assert text[hottest.start : hottest.end].removeprefix(". ") == vile.strip()


def test_the_label_is_the_first_that_holds() -> None:
    thresholds = dict.fromkeys(map(str, LABELLING), 0.5)
    for holding in itertools.product([0.4, 0.5], repeat=3):
        scores = dict(zip(map(str, LABELLING), holding, strict=True))
        first = next((name for name in LABELLING if scores[name] >= 0.5), OTHERWISE)
        assert label_of(scores, thresholds) is first


def test_a_policy_file_changes_the_action_and_not_the_scores(
    tiny_model: Path, tiny_moderator: Moderator, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('name = "strict"\n[block]\nethnic_hostility = 0.0\n', "utf-8")
    (strict,) = Moderator.load(tiny_model, file).judge([HOSTILE])
    (usual,) = tiny_moderator.judge([HOSTILE])
    assert strict.action is Action.BLOCK
    assert strict.reasons == ("ethnic_hostility",)
    assert strict.scores == usual.scores


def test_a_model_or_policy_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidModel, match="fast@1900"):
        Moderator.load("fast@1900.01")
    with pytest.raises(InvalidPolicy, match=r"no\.toml"):
        Moderator.load(policy="no.toml")


def test_the_shipped_model_loads_by_default_and_is_named_in_each_verdict(
    shipped: Moderator,
) -> None:
    (verdict,) = shipped.judge(["The council met on Tuesday, a spokesman said."])
    assert verdict.model == shipped.model.id
    assert verdict.label is Label.NEWS
    assert verdict.action is Action.ALLOW


# Distinct in wording from the labelled set: a smoke test of the shipped model, not a measurement.
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The Vietnamese are thieves and must be driven out of our country.", "ethnic_hostility"),
        ("You are an idiot and a liar, shut your mouth.", "inflammatory"),
        ("I learned to cook this soup from my Vietnamese aunt and I miss her.", "civil"),
        ("Police arrested three men in Kratie province on Monday, officials said.", "news"),
    ],
)  # fmt: skip
def test_the_shipped_model_tells_plain_cases_apart(
    shipped: Moderator, text: str, label: str
) -> None:
    assert shipped.judge([text])[0].label == label


def test_a_verdict_survives_json(shipped: Moderator) -> None:
    verdict: Verdict = shipped.judge(["The Vietnamese are all thieves. Out!"])[0]
    shown = json.loads(json.dumps(verdict.to_dict()))
    fields = {"label", "action", "judged", "language", "scores", "spans", "targets", "reasons"}
    assert set(shown) == fields | {"model"}
    assert (shown["judged"], shown["language"]) == (True, verdict.language)
    assert shown["targets"] == ["Vietnamese"]
    assert list(shown["scores"]) == list(ATTRIBUTE_NAMES)
    assert shown["spans"][0]["attribute"] == "ethnic_hostility"


@pytest.mark.parametrize("name", ["encoder@2026.12", "cascade@2026.12", "fast@2026.12"])
def test_what_must_be_quick_can_be_judged_by_the_fast_tier_of_the_same_version(name: str) -> None:
    moderator = Moderator.load(name, threads=1)
    found = moderator.fast
    assert found
    assert found.model.id == "fast@2026.12"
    assert found is moderator.fast
    assert found.policy is moderator.policy


def test_a_model_that_came_alone_has_no_fast_tier(tmp_path: Path) -> None:
    folder = shutil.copytree(shipped_models() / "encoder@2026.12", tmp_path / "encoder@1")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"id": "encoder@1"}), "utf-8")
    assert Moderator.load(folder, threads=1).fast is None
