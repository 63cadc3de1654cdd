"""JSON-LD is read as pages write it, with the comments in it and what they answer."""

import json

import pytest

from moderation.pages.html.data.json_ld import read_json, read_json_ld


def comment(text: str, **more: object) -> dict[str, object]:
    return {"@type": "Comment", "text": text, "author": {"name": "Dara"}, **more}


@pytest.mark.parametrize(
    "script",
    [
        '{"a": ["b//c", 1]}',
        '//<![CDATA[\n{"a": ["b//c", 1]}\n//]]>',
        '<!-- {"a": ["b//c", 1]} -->',
        '/* data */ {"a": ["b//c", 1]};',
        '{"a": ["b//c", 1,],}',
        '{"a": ["b//c", /* one */ 1]} // end',
    ],
)
def test_slips_of_those_who_write_json_do_no_harm(script: str) -> None:
    assert read_json(script) == {"a": ["b//c", 1]}


@pytest.mark.parametrize("script", ["", "{", "var a = b", '{"a": "' + '\\"' * 2_000, "]" * 9])
def test_what_is_no_json_is_none(script: str) -> None:
    assert read_json(script) is None


def test_entities_and_markup_are_read_as_what_they_stand_for() -> None:
    data = [comment("&quot;No&quot; &#8211; yes"), comment("<p>One</p><p>two &amp; three</p>")]
    texts = [found.text for found in read_json_ld([json.dumps(data)]).comments]
    assert texts[0] == '"No" – yes'
    assert texts[1].split() == ["One", "two", "&", "three"]


def test_an_answer_names_what_it_answers_inside_it_or_by_its_name() -> None:
    inside = {
        "@type": "NewsArticle",
        "comment": [comment("a", comment=[comment("b")]), comment("c")],
    }
    named = [comment("d", **{"@id": "#4"}), comment("e", parentItem={"@id": "#4"})]
    found = read_json_ld([json.dumps(inside), json.dumps(named)]).comments
    assert [(each.text, each.parent) for each in found] == [
        ("a", None), ("b", 0), ("c", None), ("d", None), ("e", 3),
    ]  # fmt: skip


def test_one_review_is_the_article_and_several_are_the_readers() -> None:
    review = {
        "@type": "Review",
        "reviewBody": "Long.",
        "author": "Lea",
        "datePublished": "2020-03-03",
    }
    alone = read_json_ld([json.dumps(review)])
    assert (list(alone.comments), alone.author, alone.date) == ([], "Lea", "2020-03-03")
    assert len(read_json_ld([json.dumps([review, review])]).comments) == 2
    product = {"@type": "Product", "review": review}
    assert len(read_json_ld([json.dumps(product)]).comments) == 1


def test_each_post_of_a_forum_s_thread_is_a_comment() -> None:
    thread = {
        "@type": "DiscussionForumPosting", "headline": "Ferry", "text": "First", "author": "Sok",
        "comment": [comment("Second")],
    }  # fmt: skip
    found = read_json_ld([json.dumps(thread)])
    assert [(each.author, each.text) for each in found.comments] == [
        ("Sok", "First"), ("Dara", "Second"),
    ]  # fmt: skip
    assert found.title == "Ferry"
