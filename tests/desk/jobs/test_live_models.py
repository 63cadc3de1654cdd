"""The live model, and going back to the one before."""

import threading
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.errors import AlreadyUndone
from moderation.desk.types import User


def test_one_who_goes_back_from_a_model_goes_back_from_no_other(desk: Desk, lead: User) -> None:
    first, second = (
        desk.models.promote(lead, name, Path(name), {}) for name in ("first@1", "second@2")
    )
    desk.models.roll_back(lead, second.id)
    with pytest.raises(AlreadyUndone):
        desk.models.roll_back(lead, second.id)
    live = desk.models.live()
    assert live is not None
    assert live.id == first.id
    gone = desk.models.rolled_back()
    assert gone is not None
    assert gone.id == second.id


def test_two_who_go_back_at_once_go_back_one_model(desk: Desk, lead: User) -> None:
    desk.models.promote(lead, "first@1", Path("first@1"), {})
    second = desk.models.promote(lead, "second@2", Path("second@2"), {})
    refused: list[AlreadyUndone] = []

    def go_back() -> None:
        try:
            desk.models.roll_back(lead, second.id)
        except AlreadyUndone as error:
            refused.append(error)

    both = [threading.Thread(target=go_back) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1
    live = desk.models.live()
    assert live is not None
    assert live.model == "first@1"


def test_a_promoted_model_is_known_by_its_manifest(desk: Desk, lead: User, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    live = desk.models.promote(lead, "first@1", tmp_path, {})
    assert len(live.manifest) == 64
    assert desk.models.live() == live
