"""Small pages of our own, and a short way to say what is on one."""

from moderation.pages import Kind, Page, split_page

LEAD = "The harbour office opened the new ferry line on Monday after a delay of four months."
QUOTE = "“People here waited long enough for this boat,” said Chan Lina, who sells tea on the pier."
LAST = "The first ferry leaves at six in the morning, and tickets cost two thousand riel."
BODY = (LEAD, QUOTE, LAST)
ARTICLE = "\n\n".join(BODY)


def page_of(*blocks: str) -> Page:
    """Split a page whose blocks have blank lines between them."""
    return split_page("\n\n".join(blocks) + "\n")


def texts(page: Page, kind: Kind) -> list[str]:
    """Return the texts of one kind, in order."""
    return [passage.text for passage in page.passages if passage.kind is kind]


def comments(page: Page) -> list[tuple[str | None, str]]:
    """Return the comments with their authors, in order."""
    return [(p.author, p.text) for p in page.passages if p.kind is Kind.COMMENT]


def parts(page: Page) -> dict[str, str]:
    """Return for each text what it is, as ``kind/part``."""
    return {passage.text: f"{passage.kind}/{passage.part}" for passage in page.passages}
