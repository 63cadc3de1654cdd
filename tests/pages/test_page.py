"""A comment is shown with its article and the comment that it answers, wherever it came from."""

from moderation.pages import Kind, context_of

PASSAGES = [
    (Kind.ARTICLE, "The headline", None),
    (Kind.FURNITURE, "Share", None),
    (Kind.ARTICLE, "A paragraph.", None),
    (Kind.NOTE, "Comments are read first.", None),
    (Kind.COMMENT, "First!", 1),
    (Kind.COMMENT, "An answer.", 2),
]


def test_the_article_is_all_of_its_passages_and_nothing_else() -> None:
    assert context_of(PASSAGES).article == "The headline\n\nA paragraph."
    assert context_of(PASSAGES[3:]).article is None


def test_a_parent_is_found_by_its_number() -> None:
    context = context_of(PASSAGES)
    assert (context.parent(1), context.parent(2)) == ("First!", "An answer.")
    assert context.parent(None) is None
    assert context.parent(3) is None


def test_the_rows_of_a_batch_run_and_the_passages_of_a_page_say_the_same() -> None:
    rows = [(kind.value, text, number) for kind, text, number in PASSAGES]
    assert context_of(rows) == context_of(PASSAGES)
