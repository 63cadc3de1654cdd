"""Moments as pages tell them become ISO 8601, no more exact than the page is."""

import pytest

from moderation.pages.moments import resolve_moment

CAPTURED = "2016-03-01T10:30:00Z"


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2 years ago", "2014"),
        ("a year ago", "2015"),
        ("3 months ago", "2015-12"),
        ("15 months ago", "2014-12"),
        ("2 weeks ago", "2016-02-16"),
        ("1 day ago", "2016-02-29"),
        ("Yesterday", "2016-02-29"),
        ("3 hours ago", "2016-03-01T07:00+00:00"),
        ("an hour ago", "2016-03-01T09:00+00:00"),
        ("45 min ago", "2016-03-01T09:45+00:00"),
        ("just now", "2016-03-01T10:30+00:00"),
        ("2d", "2016-02-28"),
        ("il y a 2 ans", "2014"),
        ("vor 3 Monaten", "2015-12"),
        ("vor einem Tag", "2016-02-29"),
        ("hace 2 días", "2016-02-28"),
        ("há 2 anos", "2014"),
        ("2 jaar geleden", "2014"),
        ("2 anni fa", "2014"),
        ("2016-02-03T04:05:06Z", "2016-02-03T04:05:06Z"),
        ("March 3, 2015 at 5:12 pm", "2015-03-03T17:12"),
        ("2016-02-03 04:05:06.789+07:00", "2016-02-03 04:05:06.789+07:00"),
        ("2016-02", "2016-02"),
        ("1456828200", "2016-03-01T10:30:00Z"),
        ("1456828200000", "2016-03-01T10:30:00Z"),
        ("2 ngày trước", "2016-02-28"),
        ("3 часа назад", "2016-03-01T07:00+00:00"),
        ("för 2 dagar sedan", "2016-02-28"),
        ("3小时前", "2016-03-01T07:00+00:00"),
        ("2 ปีที่แล้ว", "2014"),
        ("២ ឆ្នាំមុន", "2014"),
        ("03/04/2015", None),
        ("2 boats ago", None),
        ("9999 years ago", None),
        ("2016-13", None),
        ("20160203", None),
        ("in the morning", None),
        ("", None),
        (None, None),
    ],
)
def test_words_are_resolved_against_the_moment_of_the_capture(
    words: str | None, moment: str | None
) -> None:
    assert resolve_moment(words, CAPTURED) == moment


@pytest.mark.parametrize("captured", [None, "", "yesterday"])
def test_an_age_tells_nothing_where_the_capture_is_not_known(captured: str | None) -> None:
    assert resolve_moment("2 years ago", captured) is None
    assert resolve_moment("2014-05-06", captured) == "2014-05-06"


@pytest.mark.parametrize(
    "captured", ["2016-03-01T10:30:00.123456789Z", "2016-03-01T10:30:00+02:00", "2016-03-01"]
)
def test_a_capture_may_be_told_more_or_less_exactly(captured: str) -> None:
    assert resolve_moment("2 days ago", captured) == "2016-02-28"
