"""Dates are told in one form, whatever language, script or calendar a page writes them in."""

import pytest

from moderation.pages.html.dates import exact_time, iso_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("3. März 2020 um 17:12 Uhr", "2020-03-03T17:12"),
        ("03.03.2020, 17.12 Uhr", "2020-03-03T17:12"),
        ("2020-3-3 7:12", "2020-03-03T07:12"),
        ("2020-03-03 5:12 pm", "2020-03-03T17:12"),
        ("2020年3月3日 下午5:12", "2020-03-03T17:12"),
        ("2020년 3월 3일 17:12", "2020-03-03T17:12"),
        ("3 มีนาคม 2563 17:12 น.", "2020-03-03T17:12"),
        ("3 มี.ค. 2563", "2020-03-03"),
        ("ថ្ងៃទី ៣ ខែមីនា ឆ្នាំ ២០២០ ម៉ោង ១៧:១២", "2020-03-03T17:12"),
        ("ngày 3 tháng 3 năm 2020", "2020-03-03"),
        ("٣ مارس ٢٠٢٠", "2020-03-03"),
        ("11 tháng 11, 2020", "2020-11-11"),
    ],
)
def test_a_date_in_words_is_told_in_figures(text: str, time: str) -> None:
    assert iso_time(text) == time


@pytest.mark.parametrize("text", ["03/04/2020", "3 hours ago", "31 February 2020", "2020", ""])
def test_what_is_no_certain_day_is_none(text: str) -> None:
    assert iso_time(text) is None


def test_seconds_and_milliseconds_are_times_and_other_numbers_are_none() -> None:
    assert exact_time("1583230500") == "2020-03-03T10:15:00Z"
    assert exact_time("1583230500000") == "2020-03-03T10:15:00Z"
    assert exact_time("4711") is None
    assert exact_time("0000000001") is None
