"""The requests of the recording: valid, broken and strange ones, for every protocol."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zlib import crc32

from moderation.service.security import SIGNATURE_HEADER, sign

SECRET = "empsec_" + "a" * 40
HOSTILE = "they say hostileword here"
CALM = "The council meets on Tuesday."
KHMER = "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី"
FRENCH = "Le conseil devrait publier ses comptes avant lundi."
JSON = {"Content-Type": "application/json"}
MAX_TEXT_CHARS = 200
MAX_TEXTS = 5
MAX_BODY_BYTES = 100_000

SCORE = "/v1/score"
PAGES = "/v1/pages"
MODERATIONS = "/v1/moderations"
ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
CORAL = "/coral/moderation"
DISCOVERY = "/$discovery/rest"
AKISMET = "/1.1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Recorded(NamedTuple):
    """A request of the recording."""

    name: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = JSON
    method: str = "POST"
    service: str = "open"
    """The service that is asked: ``open``, or ``keyed``, which asks for API keys."""


# Values that stand, in turn, in place of each part of a request.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 10**30, "", " \n", "a", "a\0b", "a\ud800b", [], [None],
    ["a"], ["a", "a"], {}, {"a": 1}, "x" * 201, [[]], [{}],
]  # fmt: skip

# Bodies that are no JSON, or only just.
RAW = {
    "empty": b"",
    "blank": b" \n\t ",
    "half": b'{"text": "a"',
    "two": b'{"text": "a"} {"text": "b"}',
    "single quotes": b"{'text': 'a'}",
    "line break in a string": b'{"text": "a\nb"}',
    "bad escape": b'{"text": "\\x"}',
    "NaN": b'{"text": NaN}',
    "infinity": b'{"texts": [-Infinity]}',
    "overflowing number": b'{"text": 1e999}',
    "many digits": b'{"text": ' + b"1" * 5_000 + b"}",
    "repeated key": b'{"text": "a", "text": "b"}',
    "repeated key below": b'{"comment": {"text": "a", "text": "b"}, "input": "a", "text": "a"}',
    "nested deeply": b"[" * 40_000 + b"]" * 40_000,
    "not UTF-8": b'{"text": "\xff"}',
    "Latin-1": '{"text": "é"}'.encode("latin-1"),
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"text": "a"}',
    "encoded surrogate": b'{"text": "\xed\xa0\x80"}',
    "NUL byte": b'{"text": "a\0b"}',
    "too large": b'{"text": "' + b"x" * MAX_BODY_BYTES + b'"}',
    "null": b"null",
    "true": b"true",
    "number": b"3",
    "string": b'"text"',
    "list": b'["text"]',
    "empty list": b"[]",
    "empty object": b"{}",
}
HEADERS: dict[str, dict[str, str]] = {
    "no content type": {"Content-Type": ""},
    "plain text": {"Content-Type": "text/plain"},
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "charset": {"Content-Type": "application/json; charset=utf-8"},
    "capitals": {"Content-Type": "Application/JSON; Charset=UTF8"},
    "other charset": {"Content-Type": "application/json; charset=latin-1"},
    "JSON of another kind": {"Content-Type": "application/problem+json"},
    "gzip": JSON | {"Content-Encoding": "gzip"},
    "identity": JSON | {"Content-Encoding": "identity"},
    "not stored": JSON | {"X-Do-Not-Store": "1"},
    "may be stored": JSON | {"X-Do-Not-Store": "no"},
}


def requests() -> list[Recorded]:
    """Return every request of the recording, each with a name of its own."""
    every = [
        *_native(),
        *_pages(),
        *_openai(),
        *_perspective(),
        *_coral(),
        *_documents(),
        *_keyed(),
        *_akismet(),
    ]
    named: dict[str, Recorded] = {}
    for request in every:
        # Some ways to break a request meet in the same bytes.
        assert named.setdefault(request.name, request) == request, request.name
    return list(named.values())


def _dump(body: object) -> bytes:
    return json.dumps(body).encode()


def _around(path: str, good: object) -> Iterator[Recorded]:
    """Yield what is sent to any path that takes JSON: other forms, headers and methods."""
    for name, raw in RAW.items():
        yield Recorded(f"{path} raw: {name}", path, raw)
    for name, headers in HEADERS.items():
        yield Recorded(f"{path} headers: {name}", path, _dump(good), headers)
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD"):
        yield Recorded(f"{path} method: {method}", path, method=method)
    yield Recorded(f"{path} and more", f"{path}/more", _dump(good))
    yield Recorded(f"{path} and a slash", f"{path}/", _dump(good))


def _bodies(path: str, bodies: Iterable[object]) -> Iterator[Recorded]:
    for body in bodies:
        raw = _dump(body)
        shown = raw.decode() if len(raw) < 200 else f"{raw[:150].decode()}... {crc32(raw):08x}"
        yield Recorded(f"{path} {shown}", path, raw)


def _native() -> Iterator[Recorded]:
    yield from _around(SCORE, {"text": HOSTILE})
    names = ["threat", "ethnic_hostility"]
    context = {
        "id": "c1", "page": "https://news.example/s1", "title": "T", "author": "A", "parent": "P",
        "article": "R", "community": "C",
    }  # fmt: skip
    yield from _bodies(
        SCORE,
        [
            {"text": CALM},
            {"text": HOSTILE},
            {"text": "😀😀 hostileword é"},
            {"text": KHMER},
            {"text": "x" * MAX_TEXT_CHARS},
            {"texts": [CALM, HOSTILE]},
            {"texts": [CALM] * MAX_TEXTS},
            {"texts": [CALM] * (MAX_TEXTS + 1)},
            {"texts": [""] * (MAX_TEXTS + 1)},
            {"texts": [CALM, "x" * 201, ""]},
            {"texts": [CALM, "a\ud800b", ""]},
            {"text": CALM, "texts": [CALM]},
            {"text": CALM, "lang": "en"},
            {"text": "", "lang": "en"},
            {"texts": [], "lang": "en"},
            {"text": "", "model": 3},
            {"texts": [CALM, ""], "attributes": []},
            {"text": CALM, "model": 3, "attributes": 3},
            {"text": CALM, "attributes": 3, "context": 3},
            {"model": 3},
            {"model": None, "attributes": None, "context": None},
            {"text": HOSTILE, "model": None, "attributes": None, "context": None},
            {"text": HOSTILE, "model": "fake@1"},
            {"text": HOSTILE, "model": "other@1"},
            {"text": HOSTILE, "model": "../models"},
            {"text": HOSTILE, "attributes": names},
            {"text": HOSTILE, "attributes": ["news"]},
            {"text": HOSTILE, "attributes": ["news", "news"]},
            {"text": HOSTILE, "attributes": ["news", "rudeness"]},
            {"text": HOSTILE, "attributes": ["news", 3]},
            {"text": HOSTILE, "attributes": ["news", ["news"]]},
            {"text": HOSTILE, "attributes": list(reversed(names))},
            {"text": HOSTILE, "context": context},
            {"text": HOSTILE, "context": {"parent": "", "id": "a\0b"}},
            {"text": HOSTILE, "context": {"parent": "half \ud83d"}},
            {"text": HOSTILE, "context": context | {"url": "x"}},
            {"text": HOSTILE, "context": context | {"id": 3}},
            {"text": HOSTILE, "context": context | {"external_id": "x"}},
            {"text": HOSTILE, "context": {"id": None}},
            {"Text": CALM},
        ],
    )
    for name, value in itertools.product(("text", "texts"), VALUES):
        yield from _bodies(SCORE, [{name: value}])
    for name, value in itertools.product(("model", "attributes", "context"), VALUES):
        yield from _bodies(SCORE, [{"text": HOSTILE, name: value}])
    for value in VALUES:
        yield from _bodies(SCORE, [{"texts": [CALM, value]}])


PAGE = """<html lang="en"><head><title>Bridge reopens</title>
<meta name="author" content="Ann Bell"><meta property="article:published_time"
content="2026-03-02"></head><body><article><h1>Bridge reopens</h1>
<p>The north bridge reopened on Monday after four months of repairs, the council said.</p>
<p>Engineers replaced two of its piers and repaved the road across it.</p></article>
<section id="comments"><h2>2 comments</h2>
<div class="comment" id="c1"><span class="author">Bo</span> <time>2026-03-02T10:00:00Z</time>
<p>About time, the detour took me an hour every day.</p></div>
<div class="comment" id="c2"><span class="author">Di</span>
<p>They are hostileword, all of them, and nobody dares to say it.</p></div></section></body></html>
"""


def _pages() -> Iterator[Recorded]:
    html, text = {"Content-Type": "text/html"}, {"Content-Type": "text/plain"}
    plain = b"The council met on Tuesday, officials said.\n\nComments\n\nBo: hostileword, all.\n"
    limited: list[tuple[str, bytes, dict[str, str]]] = [
        ("a page of HTML", PAGE.encode(), html),
        ("its address", PAGE.encode(), html | {"Content-Location": "https://news.example/s1"}),
        ("a page of text", plain, text),
        ("no page", b"", html),
        ("blank", b" \n ", text),
        ("Latin-1", "<p>Café hostileword</p>".encode("latin-1"), html),
        ("charset", "Café".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"}),
        ("no such charset", b"a", {"Content-Type": "text/plain; charset=none"}),
        ("not said to be a page", b"{}", JSON),
        ("gzip", plain, text | {"Content-Encoding": "gzip"}),
        ("no content type", plain, {"Content-Type": ""}),
        ("a long passage", b"hostileword and more of it. " * 20, text),
        (
            "many passages",
            b"\n\n".join([b"The council met again on Tuesday, they said."] * 9),
            text,
        ),
        ("NUL", b"The council met\0 on Tuesday.", text),
        ("too large", b"x" * (MAX_BODY_BYTES + 1), text),
    ]
    for name, body, headers in limited:
        yield Recorded(f"{PAGES} {name}", PAGES, body, headers)
    for model in ("fake@1", "other@1", ""):
        yield Recorded(f"{PAGES}?model={model}", f"{PAGES}?model={model}", plain, text)
    for method in ("GET", "PUT"):
        yield Recorded(f"{PAGES} method: {method}", PAGES, method=method)


def _openai() -> Iterator[Recorded]:
    yield from _around(MODERATIONS, {"input": HOSTILE})
    part, image = {"type": "text", "text": HOSTILE}, {"type": "image_url", "image_url": {"url": ""}}
    yield from _bodies(
        MODERATIONS,
        [
            {"input": CALM},
            {"input": [CALM, HOSTILE]},
            {"input": [CALM] * MAX_TEXTS},
            {"input": [CALM] * (MAX_TEXTS + 1)},
            {"input": [""] * (MAX_TEXTS + 1)},
            {"input": [part] * (MAX_TEXTS + 1)},
            {"input": "x" * 201},
            {"input": [CALM, "x" * 201]},
            {"input": [part]},
            {"input": [part, {"type": "text", "text": CALM}]},
            {"input": [part, image]},
            {"input": [part, {"type": "image_url"}]},
            {"input": [image, part]},
            {"input": [part, HOSTILE]},
            {"input": [HOSTILE, part]},
            {"input": [{"type": "text", "text": ""}, HOSTILE]},
            {"input": [{"type": "text", "text": ""}, image]},
            {"input": [{"type": "text", "text": ""}, {"type": "text", "text": 3}]},
            {"input": [part, {"type": "text"}]},
            {"input": [{"text": HOSTILE}]},
            {"input": [part | {"more": 1}]},
            {"input": [{"type": "audio", "text": HOSTILE}]},
            {"input": [{"type": ["text"], "text": HOSTILE}]},
            {"input": ["", "a\0b"]},
            {"input": CALM, "temperature": 1},
            {"input": "", "temperature": 1},
            {"input": 3, "temperature": 1},
            {"temperature": 1},
            {"model": 3},
            {"input": 3, "model": 3},
            {"input": "", "model": 3},
            {"input": [image], "model": 3},
            {"input": CALM, "model": "fake@1"},
            {"input": CALM, "model": "omni-moderation-latest"},
            {"input": CALM, "model": "omni-moderation-2024-09-26"},
            {"input": CALM, "model": "text-moderation-stable"},
            {"input": CALM, "model": "text-moderation-"},
            {"input": CALM, "model": "omni-moderation-Latest"},
            {"input": CALM, "model": "gpt-9"},
            {"input": CALM, "model": ""},
        ],
    )
    for name, value in itertools.product(("input", "model"), VALUES):
        yield from _bodies(MODERATIONS, [{"input": HOSTILE} | {name: value}])
    for value in VALUES:
        yield from _bodies(MODERATIONS, [{"input": [value]}, {"input": [HOSTILE, value]}])
        yield from _bodies(MODERATIONS, [{"input": [part, value]}])
        yield from _bodies(MODERATIONS, [{"input": [part, {"type": "text", "text": value}]}])


def _said(**more: Any) -> dict[str, Any]:
    return {"comment": {"text": HOSTILE}, "requestedAttributes": {"TOXICITY": {}}, **more}


def _suggested(**more: Any) -> dict[str, Any]:
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    return {"comment": {"text": HOSTILE}, "attributeScores": scores, **more}


def _perspective() -> Iterator[Recorded]:
    for path, good in ((ANALYZE, _said), (SUGGEST, _suggested)):
        yield from _around(path, good())
        yield from _bodies(path, _common(good))
        yield from _queries(path, good())
    yield from _bodies(ANALYZE, _analyzed())
    yield from _bodies(SUGGEST, _suggestions())


def _common(good: Any) -> Iterator[object]:
    """Yield bodies that both methods take, or refuse alike."""
    texts: list[Any] = [
        "", " \n\t", None, CALM, KHMER, FRENCH, "123", "👍", "ok", "a\0b", "a\ud800b", "x" * 201,
        "é" * 201, "x" * 20_481, "😀" * 5_121, 3, ["a"], {}, True,
    ]  # fmt: skip
    for text in texts:
        yield good(comment={"text": text})
        yield good(comment={"text": text}, languages=["en"])
    for kind in ("PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED", "HTML", "html", "", None, 3):
        yield good(comment={"text": CALM, "type": kind})
        yield good(comment={"text": "", "type": kind})
    entry = {"text": "before"}
    contexts: list[object] = [
        {"entries": []},
        {"entries": [entry, {"text": "<b>", "type": "HTML"}]},
        {"entries": [{}]},
        {"entries": [entry, None]},
        {"entries": entry},
        {"entries": [{"text": "a\ud800b"}]},
        {"entries": [{"text": 3}]},
        {"entries": None, "articleAndParentComment": None},
        {"articleAndParentComment": {}},
        {"articleAndParentComment": {"article": entry}},
        {"articleAndParentComment": {"article": entry, "parentComment": {"text": "b"}}},
        {"article_and_parent_comment": {"article": None, "parent_comment": entry}},
        {"articleAndParentComment": {"parent": entry}},
        {"articleAndParentComment": []},
        {"entries": [entry], "articleAndParentComment": {}},
        {"entries": [], "articleAndParentComment": {}},
        {"other": 1},
    ]
    for context in contexts:
        yield good(context=context)
    tagged: list[Any] = [
        [], ["en"], ["en-US"], ["EN"], ["en_GB", "en"], ["om"], ["en", "fr-CA", "de"], ["und"],
        ["und", "fr"], ["not a tag"], [""], ["e"], ["en", 3], [None], "en", 3, {}, None, [["en"]],
        ["en-" * 9 + "x"], ["én"], ["en\ud800"],
    ]  # fmt: skip
    for tags in tagged:
        yield good(languages=tags)
    names = ("comment", "context", "doNotStore", "clientToken", "sessionId", "communityId")
    for name, value in itertools.product(names, VALUES):
        yield good(**{name: value})
    snake: dict[str, Any] = {"do_not_store": True, "client_token": "t", "session_id": "s"}
    yield good(**snake, community_id="c")
    yield good(doNotStore=True, clientToken="😀 日本", sessionId="s", communityId="c")
    yield good(clientToken="a", **snake)
    yield good(donotstore=True)
    yield good(other=1)
    yield good(other=None)
    yield good(comment={"text": CALM, "other": 1})
    yield good(comment={"text": ""}, other=1)
    yield good(comment={"text": ""}, languages=["not a tag"])
    yield good(comment={"text": ""}, languages="en")
    yield good(comment={"text": "", "type": "HTML"}, context={"other": 1})
    yield good(context={"entries": [], "articleAndParentComment": {}}, languages=["not a tag"])
    yield good(comment=None)
    without = good()
    del without["comment"]
    yield without


def _queries(path: str, body: object) -> Iterator[Recorded]:
    queries: list[dict[str, str]] = [
        {"alt": "json"}, {"alt": "media"}, {"alt": ""}, {"prettyPrint": "true"},
        {"prettyPrint": "True"}, {"prettyPrint": "0"}, {"prettyPrint": "yes"}, {"prettyPrint": ""},
        {"$.xgafv": "1"}, {"$.xgafv": "2"}, {"$.xgafv": "3"}, {"key": "k"}, {"quotaUser": "me"},
        {"fields": ""}, {"fields": "*"}, {"fields": "languages,clientToken"},
        {"fields": "attributeScores/TOXICITY/summaryScore/value"},
        {"fields": "attributeScores.*.summaryScore(value)"}, {"fields": "somethingElse"},
        {"fields": "detectedLanguages"}, {"fields": "a("}, {"fields": "é"}, {"fields": "a," * 600},
        {"other": "1"}, {"alt": "media", "prettyPrint": "yes"},
        {"prettyPrint": "true", "fields": "detectedLanguages"},
    ]  # fmt: skip
    for query in queries:
        url = f"{path}?{urlencode(query)}"
        yield Recorded(url, url, _dump(body))
    for query in ({"$.xgafv": "1"}, {"prettyPrint": "true"}, {"alt": "media"}):
        url = f"{path}?{urlencode(query)}"
        yield Recorded(f"{url} with a body of another form", url, b"[]")
    yield Recorded(f"{path}?alt=json&alt=media", f"{path}?alt=json&alt=media", _dump(body))


def _analyzed() -> Iterator[object]:
    for value in VALUES:
        yield _said(requestedAttributes=value)
        yield _said(requestedAttributes={"TOXICITY": value})
        yield _said(spanAnnotations=value)
        yield _said(dropUnsupportedAttributes=value)
        yield _said(requestedAttributes={"TOXICITY": {"scoreThreshold": value}})
        yield _said(requestedAttributes={"TOXICITY": {"scoreType": value}})
    for kind in (
        "PROBABILITY", "SCORE_TYPE_UNSPECIFIED", "STD_DEV_SCORE", "PERCENTILE", "RAW", "raw"
    ):  # fmt: skip
        yield _said(requestedAttributes={"TOXICITY": {"scoreType": kind}})
        yield _said(requestedAttributes={"SPAM": {"scoreType": kind}})
        yield _said(
            requestedAttributes={"SPAM": {"scoreType": kind}}, dropUnsupportedAttributes=True
        )
    requested: list[object] = [
        {"TOXICITY": {}, "INSULT": {}, "ETHNIC_HOSTILITY": {}, "NEWS": {}},
        {"TOXICITY": {}, "SPAM": {}},
        {"SPAM": {}, "BOGUS": {}},
        {"toxicity": {}},
        {"not a name": {}},
        {"a\ud800": {}},
        {"TOXICITY": {"scoreThreshold": 0.1}, "INSULT": {"score_threshold": 0.100001}},
        {"TOXICITY": {"scoreThreshold": 1}},
        {"TOXICITY": {"scoreThreshold": -5}},
        {"TOXICITY": {"other": 1}},
        {"TOXICITY_EXPERIMENTAL": {}, "TOXICITY": {}},
    ]
    for names in requested:
        yield _said(requestedAttributes=names)
        yield _said(requestedAttributes=names, dropUnsupportedAttributes=True)
        yield _said(requestedAttributes=names, spanAnnotations=True, languages=["en"])
    both: dict[str, Any] = {"TOXICITY": {}, "ETHNIC_HOSTILITY": {}}
    yield _said(requestedAttributes=both, spanAnnotations=True, comment={"text": f"😀 {HOSTILE}"})
    yield _said(requested_attributes={"TOXICITY": {}})
    yield {"comment": {"text": CALM}, "requested_attributes": {"TOXICITY": {}}}
    yield {"comment": {"text": CALM}}
    yield {"comment": {"text": ""}}
    yield _said(languages=["om"], dropUnsupportedAttributes=True)
    yield _said(comment={"text": FRENCH}, dropUnsupportedAttributes=True)
    yield _said(languages=["not a tag"], requestedAttributes={})
    yield _said(comment={"text": ""}, requestedAttributes=3)
    yield _said(comment={"text": ""}, requestedAttributes={"SPAM": {}})
    yield _said(attributeScores={})


def _suggestions() -> Iterator[object]:
    for value in VALUES:
        yield _suggested(attributeScores=value)
        yield _suggested(attributeScores={"TOXICITY": value})
        yield _suggested(attributeScores={"TOXICITY": {"summaryScore": value}})
        yield _suggested(attributeScores={"TOXICITY": {"summaryScore": {"value": value}}})
        yield _suggested(attributeScores={"TOXICITY": {"spanScores": value}})
        span = {"begin": value, "end": 4, "score": {"value": 1}}
        yield _suggested(attributeScores={"TOXICITY": {"spanScores": [span]}})
    for begin, end in ((0, 4), (3, 6), (0, 0), (3, 2), (0, 99), (1, 3), (-1, 2)):
        span = {"begin": begin, "end": end, "score": {"value": 0.75}}
        insult = {"INSULT_EXPERIMENTAL": {"spanScores": [span]}}
        yield _suggested(comment={"text": "😀 bad"}, attributeScores=insult)
    score = {"value": 1}
    scores_of: list[object] = [
        {"spanScores": [{"end": 4, "score": score}]},
        {"spanScores": [{"begin": 1, "score": score}]},
        {"spanScores": [{"begin": 1, "end": 4}]},
        {"span_scores": [{"begin": 1, "end": 4, "score": score}], "summary_score": score},
        {"summaryScore": {"value": 0, "type": "PROBABILITY"}},
        {"summaryScore": {"value": 0, "type": "RAW"}},
        {"summaryScore": {"value": 0, "type": "other"}},
        {"summaryScore": {"value": 0.5, "other": 1}},
        {"summaryScore": {"type": "PROBABILITY"}},
        {"summaryScore": None, "spanScores": []},
        {"summaryScore": {"value": 1.1}},
        {"summaryScore": {"value": -0.1}},
        {"other": 1},
    ]
    for scores in scores_of:
        yield _suggested(attributeScores={"TOXICITY": scores})
    plain, trial = {"summaryScore": {"value": 1}}, {"summaryScore": {"value": 0}}
    yield _suggested(attributeScores={"THREAT": plain, "THREAT_EXPERIMENTAL": trial})
    yield _suggested(attributeScores={"THREAT_EXPERIMENTAL": trial, "THREAT": plain})
    yield _suggested(attributeScores={"SPAM": plain, "TOXICITY": {}})
    yield _suggested(attributeScores={"TOXICITY": plain, "not a name": plain})
    yield _suggested(attribute_scores={"TOXICITY": plain})
    yield {"comment": {"text": CALM}}
    yield _suggested(requestedAttributes={"TOXICITY": {}})


def _signed(raw: bytes) -> dict[str, str]:
    return JSON | {SIGNATURE_HEADER: sign(raw, SECRET)}


def _coral_body(body: object, **more: Any) -> dict[str, Any]:
    return {
        "action": "NEW",
        "comment": {"body": body, "parentID": None},
        "author": {"id": "a1", "role": "COMMENTER"},
        "story": {"id": "s1", "url": "https://news.example/s1"},
        "site": {"id": "t1"},
        "tenantID": "t1",
        "tenantDomain": "news.example",
    } | more


def _coral() -> Iterator[Recorded]:
    for name, raw in RAW.items():
        yield Recorded(f"{CORAL} raw: {name}", CORAL, raw, _signed(raw))
    bodies: list[object] = [
        _coral_body("<div>I agree.</div>"),
        _coral_body("hostileword"),
        _coral_body("<div>they say hostile<b>word</b></div>"),
        _coral_body("<x hostileword y"),
        _coral_body("hostileword \ud800"),
        _coral_body("hostile\0word"),
        _coral_body("calm " * 60),
        _coral_body("hostileword " * 60),
        _coral_body("hostileword", action="EDIT"),
        _coral_body("hostileword", action=3),
        {"comment": {"body": "hostileword"}},
        {"comment": {"body": "hostileword", "other": 1}, "other": 1},
        {"comment": {}},
        {"comment": []},
        {"Comment": {"body": "a"}},
    ]
    bodies += [_coral_body(value) for value in VALUES]
    for name, value in itertools.product(("comment", "author", "story", "tenantDomain"), VALUES):
        bodies.append(_coral_body("hostileword", **{name: value}))
    for value in VALUES:
        bodies.append(_coral_body("hostileword", author={"id": value}))
        bodies.append(_coral_body("hostileword", story={"url": value}))
    for request in _bodies(CORAL, bodies):
        yield request._replace(headers=_signed(request.body))
    raw = _dump(_coral_body("hostileword"))
    for name, headers in (
        ("no signature", JSON),
        ("another signature", JSON | {SIGNATURE_HEADER: sign(raw + b" ", SECRET)}),
        ("no form of a signature", JSON | {SIGNATURE_HEADER: "sha256=1"}),
        (
            "two signatures",
            JSON | {SIGNATURE_HEADER: f"{sign(raw, SECRET * 2)}, {sign(raw, SECRET)}"},
        ),
        ("plain text", _signed(raw) | {"Content-Type": "text/plain"}),
        ("not stored", _signed(raw) | {"X-Do-Not-Store": "1"}),
    ):
        yield Recorded(f"{CORAL} headers: {name}", CORAL, raw, headers)
    for method in ("GET", "PUT"):
        yield Recorded(f"{CORAL} method: {method}", CORAL, method=method)


def _documents() -> Iterator[Recorded]:
    paths = (
        "/healthz", "/readyz", "/v1/attributes", "/v1/model", "/v1/models", "/v1/corrections",
        "/v1/other", "/v1alpha1", "/v1alpha1/comments:other", "/", "/other",
        DISCOVERY, f"{DISCOVERY}?version=v1alpha1", f"{DISCOVERY}?version=v2",
        f"{DISCOVERY}?version=", f"/v1alpha1{DISCOVERY}",
    )  # fmt: skip
    for path in paths:
        if path != "/":  # a page for people, whose words change
            yield Recorded(f"GET {path}", path, headers={}, method="GET")
        yield Recorded(f"POST {path}", path, b"{}")


def _keyed() -> Iterator[Recorded]:
    for path, body in (
        (SCORE, {"text": CALM}),
        (MODERATIONS, {"input": CALM}),
        (ANALYZE, _said()),
        (SUGGEST, _suggested()),
        (f"{ANALYZE}?key=none", _said()),
    ):
        yield Recorded(f"{path} without a good key", path, _dump(body), service="keyed")
        wrong = JSON | {"Authorization": "Bearer none"}
        yield Recorded(f"{path} with a wrong key", path, b"{", wrong, service="keyed")


def _akismet() -> Iterator[Recorded]:
    check = f"{AKISMET}/comment-check"
    context = {
        "blog": "https://news.example", "permalink": "https://news.example/s1",
        "comment_author": "A", "comment_author_email": "a@news.example", "user_ip": "192.0.2.7",
        "comment_date_gmt": "2026-05-01T10:00:00", "comment_type": "comment",
    }  # fmt: skip
    forms: list[dict[str, str]] = [
        {},
        {"comment_content": ""},
        {"comment_content": CALM},
        {"comment_content": HOSTILE},
        {"comment_content": HOSTILE} | context,
        {"comment_content": HOSTILE, "is_test": "1"},
        {"comment_content": HOSTILE, "is_test": "0"},
        {"comment_content": HOSTILE, "user_role": "administrator"},
        {"comment_content": HOSTILE, "user_role": "subscriber"},
        {"comment_content": HOSTILE, "comment_date_gmt": "yesterday"},
        {"comment_content": CALM, "comment_author": "akismet-guaranteed-spam"},
        {"comment_content": CALM, "comment_author": "viagra-test-123"},
        {"comment_content": "they say <b>hostile</b>word"},
        {"comment_content": "<x hostileword y"},
        {"comment_content": "hostile\0word"},
        {"comment_content": "calm " * 60},
        {"comment_content": "hostileword " * 60},
        {"key": "k", "blog": "https://news.example"},
        {"api_key": "k"},
    ]
    for method in ("comment-check", "submit-spam", "submit-ham", "verify-key"):
        path = f"{AKISMET}/{method}"
        for number, form in enumerate(forms):
            yield Recorded(f"{path} form {number}", path, urlencode(form).encode(), FORM)
        good = urlencode(forms[3]).encode()
        for name, headers in HEADERS.items():
            yield Recorded(f"{path} headers: {name}", path, good, headers)
        header = FORM | {"X-Do-Not-Store": "1"}
        yield Recorded(f"{path} form not stored", path, good, header)
        for place, (query, body, headers) in {
            "form": ("", good + b"&api_key=none&key=none", FORM),
            "host": ("", good, FORM | {"Host": "mod_none.rest.akismet.com"}),
            "header": ("", good, FORM | {"Authorization": "Bearer none"}),
            "query": ("?key=none", good, FORM),
            "nowhere": ("", good, FORM),
        }.items():
            url = f"{path}{query}"
            yield Recorded(f"{path} key in {place}", url, body, headers, service="keyed")
    for name, raw in {
        "Latin-1": b"comment_content=hostileword%E9",
        "no form": b"\xff\xfe&&==&comment_content",
        "twice": b"comment_content=calm&comment_content=hostileword",
        "many fields": b"a=b&" * 3_000,
        "too large": b"comment_content=" + b"x" * MAX_BODY_BYTES,
    }.items():
        yield Recorded(f"{check} raw: {name}", check, raw, FORM)
    for method in ("GET", "PUT"):
        yield Recorded(f"{check} method: {method}", check, method=method)
    yield Recorded(f"{AKISMET}/other", f"{AKISMET}/other", b"", FORM)
