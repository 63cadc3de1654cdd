"""The messages of the native protocol: requests and replies."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, with_config
from typing_extensions import TypedDict

from moderation.errors import InvalidText
from moderation.pages import Kind, Part
from moderation.service.messages import (
    MODELS,
    AtMostTexts,
    ErrorReply,
    Message,
    OneText,
    Refusal,
    Reply,
    Texts,
    schema_of,
)
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, Label
from moderation.verdict import Action, Verdict

MODEL = "The model that is to judge; the default one without it."
AttributeName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(ATTRIBUTE_NAMES)})]


SOURCE = r"^[^/\x00-\x1f\x7f]{1,100}$"
"""The pattern of the name by which a site calls itself."""


def _needs_id(schema: dict[str, Any]) -> None:
    needed = {"required": ["id"], "properties": {"id": {"minLength": 1}}}
    schema["dependentSchemas"] = {"source": needed}


def _each_known_and_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names) or not set(names) <= set(ATTRIBUTE_NAMES):
        raise ValueError("not attributes, or not each once")
    return names


@with_config(ConfigDict(extra="forbid", strict=True))
class TextContext(TypedDict, total=False):
    """The context of texts, in the review desk's names; a message has the alias."""

    external_id: Annotated[str, Field(alias="id")]
    page: str
    title: str
    author: str
    parent: str
    article: str
    community: str


SourceName = Annotated[
    str,
    Field(
        pattern=SOURCE,
        description="The site that the comment stands on. With it, `id` names one comment for "
        "ever: another text is an edit, and where a person at the review desk has decided on this "
        "text, the verdict follows the decision.",
    ),
]


@with_config(ConfigDict(extra="forbid", strict=True, json_schema_extra=_needs_id))
class CommentContext(TextContext, total=False):
    """The context of one text."""

    source: SourceName


class ScoreRequest(Message):
    """A request to score some texts."""

    model_config = ConfigDict(title="Some texts")

    refusals: ClassVar = {
        "too_short": Refusal(
            "The list of texts is empty.", "Send at least one text.", where="texts"
        )
    }
    refusal: ClassVar = Refusal(
        "The body is not a request to score.",
        'Send {"text": "..."} or {"texts": ["...", ...]}, and besides, if you like, '
        '"model", "attributes" and "context".',
        where="body",
    )

    texts: Annotated[Texts, AtMostTexts()]
    model: Annotated[
        str | None,
        WithJsonSchema({"type": ["string", "null"], "enum": [MODELS, None]}),
        Refusal("The model's id must be a string."),
    ] = Field(None, description=MODEL)
    attributes: Annotated[
        Annotated[
            list[AttributeName],
            AfterValidator(_each_known_and_once),
            Field(min_length=1, json_schema_extra={"uniqueItems": True}),
        ]
        | None,
        Refusal(
            "The attributes are not a list of names, each once.",
            f"Name some of: {', '.join(ATTRIBUTE_NAMES)}.",
        ),
    ] = Field(
        None, description="The attributes whose scores and evidence are wanted; all without it."
    )
    context: Annotated[
        TextContext | None,
        Refusal(
            "The context is not an object of texts.",
            "Give some of: id, page, title, author, parent, article, community.",
        ),
    ] = Field(
        None,
        description="The context of the texts, for the people who decide on them; it does not "
        "change the verdicts.",
    )

    def reply(self, verdict: Verdict | InvalidText) -> dict[str, Any]:
        """Return a verdict as built-in values, with the attributes that were asked for."""
        reply = verdict.to_dict()
        if isinstance(verdict, InvalidText):
            return reply
        if self.attributes is not None and len(self.attributes) < len(ATTRIBUTE_NAMES):
            scores = reply["scores"]
            reply["scores"] = {name: scores[name] for name in scores if name in self.attributes}
            reply["spans"] = [s for s in reply["spans"] if s["attribute"] in self.attributes]
        return reply


def _identified(context: CommentContext) -> CommentContext:
    if "source" in context and not context.get("external_id"):
        raise ValueError("a source without an id")
    return context


class ScoreOneRequest(ScoreRequest):
    """A request to score one text."""

    model_config = ConfigDict(title="One text")

    texts: Annotated[list[str], OneText()] = Field(alias="text")
    context: Annotated[
        Annotated[CommentContext, AfterValidator(_identified)] | None,
        Refusal(
            "The context is not an object of texts, or has a source without an id.",
            "Give some of: id, source (with id), page, title, author, parent, article, community.",
        ),
    ] = Field(
        None,
        description="The context of the text, for the people who decide on it; without `source` "
        "it does not change the verdict.",
    )


def read_score_request(body: object, settings: Settings) -> ScoreRequest:
    """Read the body of a request to score.

    Raises
    ------
    InvalidInput
        If it is not as `score_request_schema` says.
    InvalidText
        If a text is not a string, or holds NUL or lone surrogates, or if all are blank.
    TooLarge
        If there are too many texts, or one is too long.
    """
    one = isinstance(body, dict) and "text" in body
    return (ScoreOneRequest if one else ScoreRequest).read(body, settings)


def score_request_schema(settings: Settings, models: Sequence[str]) -> dict[str, Any]:
    """Return the JSON schema of the bodies that `read_score_request` takes."""
    kinds = (ScoreOneRequest, ScoreRequest)
    return {"oneOf": [schema_of(kind, settings, models) for kind in kinds]}


Probability = Annotated[float, Field(ge=0, le=1)]
Scores = Annotated[
    dict[str, float],
    WithJsonSchema(
        {
            "type": "object",
            "description": "A calibrated probability for each attribute that was asked for; none "
            "where the text was not judged.",
            "properties": {
                attribute.name: {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "title": attribute.title,
                    "description": attribute.meaning,
                }
                for attribute in ATTRIBUTES
            },
            "additionalProperties": False,
        }
    ),
]


LanguageCode = Annotated[
    str | None, Field(description="ISO 639 code; null where no language is certain.")
]


class SpanReply(Reply):
    """Evidence: the characters that made an attribute high."""

    start: Annotated[int, Field(ge=0, description="First character, counted in code points.")]
    end: Annotated[int, Field(ge=0, description="The character after the last.")]
    attribute: AttributeName
    score: Probability


class DecisionReply(Reply):
    """A decision of a person at the review desk."""

    sequence: Annotated[int, Field(ge=1, description="Later events have greater numbers.")]
    event: Annotated[str, Field(pattern="^(decided|undone)$")]
    source: str
    id: str
    revision: Annotated[int, Field(ge=1, description="Of the comment's texts, in their order.")]
    outcome: Annotated[str, Field(pattern="^(approved|rejected)$")]
    reasons: list[str]
    label: Label | None
    moderator: Annotated[str, Field(description="A pseudonym that stays the same, or the name.")]
    at: Annotated[str, Field(description="ISO 8601, UTC.")]
    note: Annotated[str | None, Field(description="The moderator's words to the author.")]
    author_text: Annotated[
        str | None, Field(description="The newsroom's text to the author of a rejected comment.")
    ] = None


class VerdictReply(Reply):
    """The verdict on one text."""

    label: Annotated[Label | None, Field(description="Null where the text was not judged.")]
    action: Annotated[Action, Field(description="What the newsroom's policy makes of it.")]
    judged: Annotated[
        bool, Field(description="False for a text in a language that the model does not know.")
    ]
    language: LanguageCode
    scores: Scores
    spans: list[SpanReply]
    targets: Annotated[list[str], Field(description="The people an ethnic attack is aimed at.")]
    reasons: Annotated[
        list[str],
        Field(description="Why the policy acted: attributes, `word list`, or `language`."),
    ]
    model: Annotated[str, Field(description="The id of the model that was asked.")]
    decision: Annotated[
        DecisionReply | None,
        Field(description="There only where a person has decided; `action` follows it."),
    ] = None


class ScoreReply(Reply):
    """A verdict for each text, in the order in which they were sent; for a blank one its error."""

    verdicts: list[VerdictReply | ErrorReply]


class AttributeReply(Reply):
    """Something that is scored."""

    name: AttributeName
    title: str
    meaning: str
    harmful: Annotated[bool, Field(description="Whether a high score speaks against a text.")]


class MappedAttributeReply(AttributeReply):
    """Something that is scored, and its names in the other protocols."""

    perspective: Annotated[list[str], Field(description="Its names in Perspective's protocol.")]
    openai: Annotated[list[str], Field(description="OpenAI's categories that draw on it.")]
    coral: Annotated[str | None, Field(description="Coral's reason for a rejection by it.")]


class AttributesReply(Reply):
    """All that is scored, and the models that may be asked for."""

    attributes: list[MappedAttributeReply]
    labels: list[Label]
    models: Annotated[list[str], Field(description="Ids for `model`, the default first.")]


class PassageReply(Reply):
    """A piece of a page with one author."""

    kind: Annotated[Kind, Field(description="Who speaks: `article`, `comment` or `note`.")]
    part: Annotated[Part, Field(description="What it is on the page.")]
    author: Annotated[str | None, Field(description="The name a comment's writer gives.")]
    start: Annotated[
        int | None,
        Field(ge=0, description="First character, counted in a text page; null for HTML."),
    ]
    end: Annotated[int | None, Field(ge=0, description="The character after the last.")]
    text: str
    time: Annotated[
        str | None, Field(description="When a comment was written: ISO 8601, or its own words.")
    ]
    permalink: Annotated[str | None, Field(description="A comment's own address.")]
    position: Annotated[int | None, Field(ge=1, description="A comment's number on the page.")]
    parent: Annotated[
        int | None, Field(ge=1, description="The position of the comment that this one answers.")
    ]
    language: LanguageCode
    verdict: VerdictReply


class PageReply(Reply):
    """A page's article and comments, in the order of the page, each with its verdict."""

    title: str | None
    author: Annotated[str | None, Field(description="Who wrote the article.")]
    date: Annotated[str | None, Field(description="When it appeared, ISO 8601.")]
    language: Annotated[str | None, Field(description="What the page says of itself.")]
    passages: list[PassageReply]


class ModelReply(Reply):
    """The model and the policy in use."""

    id: str
    policy: str
    languages: Annotated[
        list[str], Field(description="Languages that are judged, as ISO 639 codes.")
    ]
    thresholds: Annotated[
        dict[str, float], Field(description="The score from which each label holds.")
    ]
    review_thresholds: Annotated[
        dict[str, float], Field(description='What the word "model" in a policy stands for.')
    ]
    labels: list[Label]
    attributes: list[AttributeReply]
    manifest: Annotated[
        dict[str, Any], Field(description="Where the model came from and what it scored.")
    ]


class StatusReply(Reply):
    """The service's state."""

    status: Annotated[str, Field(pattern="^ok$")]
