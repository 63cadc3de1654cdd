"""Texts of corpora take the values that judgements of their neighbours foretell."""

import math

import numpy as np
import pytest

from moderation.corpora import CorpusText
from moderation.corpora.corpus import digest_of, values_of
from moderation.errors import InvalidLabels
from moderation.labels.judged import JudgedText
from moderation.models.base import Floats
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.training.judged import MIN_JUDGED, Judged, Odds, foretell, join, well_judged

INSULT = ATTRIBUTE_NAMES.index("insult")
THREAT = ATTRIBUTE_NAMES.index("threat")


def corpus_text(
    number: int, source: str = "paradetox", split: Split = "train", **said: float
) -> CorpusText:
    return CorpusText(f"text {number}", values_of(**said), source, str(number), split)


def judgement(
    text: CorpusText, label: Label | None = Label.CIVIL, drawn: str = "random"
) -> JudgedText:
    return JudgedText.model_validate(
        {
            "corpus": text.source,
            "id": text.id,
            "sha256": digest_of(text.text),
            "label": label,
            "drawn": drawn,
        }
    )


def judged(text: CorpusText, *, insult: bool) -> Judged:
    values = np.zeros(len(ATTRIBUTE_NAMES))
    values[INSULT] = insult
    return Judged(text, tuple(values.tolist()), Label.CIVIL, random=True)


def half_toxic(times: int, source: str = "paradetox") -> list[Judged]:
    """Toxic texts, of which every second insults somebody, and as many harmless ones."""
    toxic = [
        judged(corpus_text(number, source, toxicity=1.0), insult=number % 2 == 0)
        for number in range(times)
    ]
    harmless = [
        judged(corpus_text(times + number, source, toxicity=0.0), insult=False)
        for number in range(times)
    ]
    return [*toxic, *harmless]


def test_a_judgement_is_joined_to_its_text_and_others_wait() -> None:
    texts = [corpus_text(number) for number in range(3)]
    found = join([judgement(texts[1]), judgement(corpus_text(9))], texts)
    assert [one.of_corpus for one in found] == [texts[1]]
    assert found[0].text == "text 1"
    assert found[0].random


def test_what_cannot_be_decided_is_left_out() -> None:
    texts = [corpus_text(number) for number in range(2)]
    found = join([judgement(texts[0], None), judgement(texts[1], drawn="unsure")], texts)
    assert [(one.text, one.random) for one in found] == [("text 1", False)]


def test_a_judgement_of_a_text_that_has_changed_is_refused_by_both_digests() -> None:
    old = corpus_text(1)
    with pytest.raises(InvalidLabels) as caught:
        join([judgement(old)], [corpus_text(0), old._replace(text="other")])
    assert digest_of(old.text) in str(caught.value)
    assert digest_of("other") in str(caught.value)


def test_a_label_of_a_corpus_means_what_it_meant_in_texts_that_were_judged() -> None:
    others = [corpus_text(901, toxicity=1.0), corpus_text(902, toxicity=0.0)]
    toxic, harmless = foretell(others, half_toxic(MIN_JUDGED))
    assert toxic.values[INSULT] == pytest.approx(0.5, abs=0.1)
    assert harmless.values[INSULT] < 0.1
    assert toxic.values[THREAT] == harmless.values[THREAT] < 0.01
    assert (toxic.text, toxic.id) == (others[0].text, others[0].id)


def test_a_models_score_tells_apart_what_a_label_does_not() -> None:
    seen = half_toxic(MIN_JUDGED)
    others = [corpus_text(901, toxicity=1.0), corpus_text(902, toxicity=1.0)]
    right = np.array([one.values for one in seen])
    odds = Odds(6 * right - 3, np.array([np.full(len(ATTRIBUTE_NAMES), v) for v in (3.0, -3.0)]))
    insult, none = foretell(others, seen, odds)
    assert insult.values[INSULT] > 0.8
    assert none.values[INSULT] < 0.2


def test_corpora_of_which_few_texts_were_judged_keep_their_own_values() -> None:
    few = half_toxic(MIN_JUDGED // 2 - 1, "davidson")
    many = half_toxic(MIN_JUDGED)
    assert well_judged([*few, *many]) == {"paradetox"}
    others = [corpus_text(901, "davidson", toxicity=1.0), corpus_text(902, toxicity=1.0)]
    kept, foretold = foretell(others, [*few, *many])
    assert kept == others[0]
    assert foretold != others[1]


def test_a_text_of_which_nothing_is_known_stays_so_without_a_model() -> None:
    silent = corpus_text(901)
    (found,) = foretell([silent], half_toxic(MIN_JUDGED))
    assert all(map(math.isnan, found.values))
    odds: Floats = np.zeros((2 * MIN_JUDGED, len(ATTRIBUTE_NAMES)))
    (known,) = foretell([silent], half_toxic(MIN_JUDGED), Odds(odds, odds[:1]))
    assert not any(map(math.isnan, known.values))
