"""What each HTML element does to the text around it."""

from typing import Final

from moderation.pages.html.names.marks import Mark

# In this order, so that one comparison tells those that need more than a look at their names.
INLINE, LINE, ANCHOR, VOID, BREAKS, META, WHOLE, SKIPPED = range(8)

_KINDS: Final = {
    LINE: """
        address article aside blockquote center dd details dialog div dl dt fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 header hr legend li nav ol option p pre section
        summary table tbody td tfoot th thead tr ul template button caption hgroup menu
    """,
    ANCHOR: "a",
    VOID: "img input link source wbr col base param area track",
    BREAKS: "br",
    META: "meta",
    # Their names tell of the whole page, not of what it is about.
    WHOLE: "html head body main",
    SKIPPED: """
        script style svg textarea select iframe object canvas video audio map noscript math
        datalist applet embed frameset title
    """,
}
TAGS: Final = {tag: kind for kind, tags in _KINDS.items() for tag in tags.split()}

TAG_MARKS: Final[dict[str, int]] = {
    "nav": int(Mark.FURNITURE),
    "footer": int(Mark.FURNITURE | Mark.TOOL),
    "aside": int(Mark.FURNITURE),
    "form": int(Mark.FORM),
    "button": int(Mark.TOOL | Mark.FURNITURE),
    "label": int(Mark.FORM | Mark.FURNITURE),
    "legend": int(Mark.FORM | Mark.FURNITURE),
    "dialog": int(Mark.FURNITURE),
    "time": int(Mark.TIME),
    "cite": int(Mark.AUTHOR),
    "figcaption": int(Mark.CAPTION),
    "caption": int(Mark.CAPTION),
}

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
