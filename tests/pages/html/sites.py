"""Small pages of our own in the markup of many content systems.

Each has the same article and the same two comments, so that a test can ask the same of all of them.
"""

# ruff: noqa: E501  # markup stands as it does on pages

LEAD = "The harbour office opened the new ferry line on Monday after a delay of four months."
BODY = "The first ferry leaves at six in the morning, and tickets cost two thousand riel."
FIRST = "My mother waited for that boat every morning, so thank you to the harbour office."
SECOND = "Two thousand is too much for those of us who cross the river twice a day."
MENU = '<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>'
FOOTER = "<footer><p>Published by the River Paper, all rights reserved, since 1994.</p></footer>"


def page(comments: str, head: str = "") -> str:
    """Return a page with the article above `comments`."""
    return (
        f'<!doctype html><html lang="en"><head><title>Ferry line opens</title>{head}</head><body>'
        f"{MENU}<article><h1>Ferry line opens</h1><p>{LEAD}</p><p>{BODY}</p></article>"
        f"{comments}{FOOTER}</body></html>"
    )


def _linked(kind: str, text: str) -> str:
    return (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferry line opens",'
        f' "comment": [{{"@type": "{kind}", "{text}": "{FIRST}", "author": {{"@type": "Person",'
        f' "name": "Sokha Meas"}}, "dateCreated": "2020-03-03T10:15:00Z"}}, {{"@type": "{kind}",'
        f' "{text}": "{SECOND}", "author": "Dara"}}]}}</script>'
    )


def _wordpress(number: int, name: str, day: str, text: str, answers: str = "") -> str:
    return (
        f'<li id="comment-{number}" class="comment even thread-even depth-1 parent">'
        f'<article id="div-comment-{number}" class="comment-body"><footer class="comment-meta">'
        f'<div class="comment-author vcard"><img class="avatar" alt="">'
        f'<b class="fn">{name}</b> <span class="says">says:</span></div>'
        f'<div class="comment-metadata"><a href="/ferry#comment-{number}">'
        f'<time datetime="2020-03-0{day}T10:15:00+00:00">March {day}, 2020 at 10:15 am</time></a>'
        f'</div></footer><div class="comment-content"><p>{text}</p></div><div class="reply">'
        f'<a class="comment-reply-link" href="#">Reply</a></div></article>{answers}</li>'
    )


WORDPRESS = page(
    '<div id="comments" class="comments-area"><h2 class="comments-title">2 thoughts on “Ferry”</h2>'
    '<ol class="comment-list">'
    + _wordpress(
        101,
        "Sokha Meas",
        "3",
        FIRST,
        f'<ol class="children">{_wordpress(102, "Dara", "4", SECOND)}</ol>',
    )
    + '</ol><div id="respond" class="comment-respond"><h3>Leave a Reply</h3><form class="comment-'
    'form"><p class="comment-notes">Your email address will not be published.</p></form></div></div>'
)


def _two(one: str, around: str = "{}") -> str:
    """Return a page with both comments, each as `one` with its number, name, day and text."""
    return page(
        around.format(
            one.format(n=101, name="Sokha Meas", day=3, text=FIRST)
            + one.format(n=102, name="Dara", day=4, text=SECOND)
        )
    )


SITES: dict[str, str] = {
    "wordpress": WORDPRESS,
    "wordpress classic": _two(
        '<li class="alt" id="comment-{n}"><cite>{name}</cite> Says: <br><small class="commentmetadata">'
        '<a href="#comment-{n}">March {day}, 2020 at 10:15 am</a></small><p>{text}</p></li>',
        '<h3 id="comments">2 Responses to “Ferry”</h3><ol class="commentlist">{}</ol>',
    ),
    "blogger": _two(
        '<li class="comment" id="c{n}"><div class="comment-block"><div class="comment-header">'
        '<cite class="user">{name}</cite><span class="datetime secondary-text"><a href="/f#c{n}">'
        '{day} March 2020 at 10:15</a></span></div><p class="comment-content">{text}</p>'
        '<span class="comment-actions"><a>Reply</a></span></div></li>',
        '<div id="comments" class="comments"><h4>2 comments:</h4><div id="comment-holder">'
        '<div class="comment-thread"><ol>{}</ol></div></div></div>',
    ),
    "drupal": _two(
        '<article class="comment odd" about="/comment/{n}#comment-{n}" typeof="sioc:Post sioct:'
        'Comment"><footer><p class="submitted"><span rel="sioc:has_creator"><a class="username" '
        'property="foaf:name">{name}</a></span> <span property="dc:date dc:created" content='
        '"2020-03-0{day}T10:15:00+00:00">Tue, 03/0{day}/2020</span></p></footer><div class="content">'
        '<div class="field field-name-comment-body field-type-text-long field-label-hidden">'
        '<div class="field-items"><div class="field-item even" property="content:encoded"><p>{text}'
        "</p></div></div></div></div></article>",
        '<section id="comments" class="comments comment-wrapper"><h2 class="title">Comments</h2>{}'
        "</section>",
    ),
    "joomla": _two(
        '<div class="comment-box" id="comment-item-{n}"><span class="comment-author">{name}</span>'
        '<span class="comment-date">2020-03-0{day} 10:15</span><div class="comment-body">{text}</div>'
        '<span class="comments-buttons"><a href="#">Quote</a></span></div>',
        '<div id="jc"><div id="comments"><h4>Comments</h4><div id="comments-list" class='
        '"comments-list">{}</div></div></div>',
    ),
    "typo3": _two(
        '<div class="tx-comments-comment" id="c{n}"><div class="tx-comments-comment-name">{name}'
        '</div><div class="tx-comments-comment-date">0{day}.03.2020 10:15</div>'
        '<div class="tx-comments-comment-content"><p>{text}</p></div></div>',
        '<div class="tx-comments-pi1"><h3>Kommentare</h3>{}</div>',
    ),
    "movable type": _two(
        '<div class="comment" id="comment-{n}"><div class="inner"><div class="comment-header">'
        '<span class="byline"><span class="vcard author"><a class="fn url" href="/u">{name}</a>'
        '</span> | <a href="#comment-{n}"><abbr class="published" title="2020-03-0{day}T10:15:00">'
        "March {day}, 2020 10:15 AM</abbr></a></span></div><div class='comment-content'><p>{text}"
        "</p></div></div></div>",
        '<div id="comments" class="comments"><h2 class="comments-header">2 Comments</h2>'
        '<div class="comments-content">{}</div></div>',
    ),
    "serendipity": _two(
        '<article id="c{n}" class="serendipity_comment comment_oddbox"><h4><a class="comment_source_'
        'trackback" href="#c{n}">#{n}</a> {name} on <time datetime="2020-03-0{day}T10:15:00+00:00">'
        '0{day}.03.2020 10:15</time></h4><div class="serendipity_commentBody"><p>{text}</p></div>'
        "</article>",
        '<section id="comments" class="serendipity_comments"><h3>Kommentare</h3>{}</section>',
    ),
    "discourse": _two(
        "<div id='post_{n}' itemprop='comment' itemscope itemtype='http://schema.org/Comment' class="
        "'topic-body crawler-post'><div class='crawler-post-meta'><span class='creator' "
        "itemprop='author' itemscope itemtype='http://schema.org/Person'><a href='/u'><span itemprop="
        "'name'>{name}</span></a></span><span class='crawler-post-infos'><time itemprop='datePublished'"
        " datetime='2020-03-0{day}T10:15:00Z'>March {day}, 2020</time><span itemprop='position'>{n}"
        "</span></span></div><div class='post' itemprop='text'><p>{text}</p></div></div>",
    ),
    "isso": _two(
        '<div class="isso-comment" id="isso-{n}"><div class="isso-avatar"></div><div class="isso-text-'
        'wrapper"><div class="isso-comment-header"><span class="isso-author">{name}</span>'
        '<a class="isso-permalink" href="#isso-{n}"><time datetime="2020-03-0{day}T10:15:00.000Z">'
        "a year ago</time></a></div><div class='isso-text'><p>{text}</p></div><div class='isso-comment-"
        "footer'><a class='isso-reply' href='#'>Reply</a></div></div></div>",
        '<section id="isso-thread"><h4>2 Comments</h4><div id="isso-root">{}</div></section>',
    ),
    "remark42": _two(
        '<article class="comment root__comment" id="remark42__comment-{n}"><div class="comment__info">'
        '<button class="comment__username">{name}</button><a class="comment__time" '
        'href="#remark42__comment-{n}">0{day}.03.2020 at 10:15</a></div><div class="comment__body">'
        '<div class="comment__text raw-content"><p>{text}</p></div><div class="comment__actions">'
        "<button>Reply</button></div></div></article>",
        '<div id="remark42"><div class="root"><div class="root__threads">{}</div></div></div>',
    ),
    "coral": _two(
        '<div id="comment-a{n}" class="coral coral-comment coral-reacted-0" data-testid="comment-{n}">'
        '<div class="coral-comment-topBar"><span class="coral-username coral-comment-username">{name}'
        '</span><time class="coral-timestamp" datetime="2020-03-0{day}T10:15:00.000Z">4 years ago</time>'
        '</div><div class="coral-content coral-comment-content">{text}</div><div class="coral-comment-'
        'actionBar"><button>Respect</button><button>Reply</button></div></div>',
        '<div id="coral_thread"><section id="comments">{}</section></div>',
    ),
    "facebook": _two(
        '<div class="UFIComment" id="u_{n}"><div class="UFICommentContent"><span class="UFICommentActor'
        'Name author">{name}</span><div class="UFICommentBody">{text}</div></div><div class="UFIComment'
        'Actions"><a>Like</a> · <a>Reply</a> · <abbr class="timestamp">March {day}, 2020 10:15</abbr>'
        "</div></div>",
        '<div class="fb-comments">{}</div>',
    ),
    "disqus": _two(
        '<li id="dsq-comment-{n}" class="post"><div id="dsq-comment-header-{n}" class="dsq-comment-'
        'header"><cite id="dsq-cite-{n}">{name}</cite> <span class="dsq-comment-date">{day} March 2020 '
        '10:15</span></div><div id="dsq-comment-body-{n}" class="dsq-comment-body"><div id="dsq-comment'
        '-message-{n}" class="dsq-comment-message"><p>{text}</p></div></div></li>',
        '<div id="disqus_thread"><div id="dsq-content"><ul id="dsq-comments">{}</ul></div></div>',
    ),
    "hatom": _two(
        '<div class="hentry comment" id="comment-{n}"><p class="entry-meta"><span class="author vcard">'
        '<span class="fn">{name}</span></span> <abbr class="published" title="2020-03-0{day}">{day} '
        'March 2020, 10:15</abbr></p><div class="entry-content"><p>{text}</p></div></div>',
        '<div class="hfeed comments">{}</div>',
    ),
    "h-entry": _two(
        '<li class="u-comment h-cite" id="r{n}"><a class="p-author h-card" href="/u">{name}</a>'
        '<time class="dt-published" datetime="2020-03-0{day}T10:15">{day} March</time>'
        '<div class="e-content p-name">{text}</div></li>',
        "<ul>{}</ul>",
    ),
    "microdata": _two(
        '<div itemprop="comment" itemscope itemtype="https://schema.org/UserComments"><span itemprop='
        '"creator">{name}</span><meta itemprop="commentTime" content="2020-03-0{day}T10:15"><p '
        'itemprop="commentText">{text}</p></div>',
    ),
    "rdfa": _two(
        '<div property="comment" typeof="schema:Comment"><span property="schema:author">{name}</span>'
        '<span property="schema:dateCreated" content="2020-03-0{day}T10:15">{day} March</span>'
        '<p property="schema:text">{text}</p></div>',
    ),
    "json-ld": page("", _linked("Comment", "text")),
    "json-ld of old": page("", _linked("UserComments", "commentText")),
    "phpbb": _two(
        '<div id="p{n}" class="post bg2"><div class="inner"><dl class="postprofile"><dt><a class='
        '"username" href="/u">{name}</a></dt><dd class="profile-posts"><strong>Posts:</strong> 12</dd>'
        '</dl><div class="postbody"><h3><a href="#p{n}">Re: Ferry</a></h3><p class="author"><a href='
        '"#p{n}">#{n}</a> by <strong><a class="username" href="/u">{name}</a></strong> » {day} Mar 2020, '
        '10:15</p><div class="content">{text}</div></div></div></div>',
    ),
    "vbulletin": _two(
        '<li class="postbit postbitlegacy postcontainer" id="post_{n}"><div class="posthead"><span '
        'class="postdate"><span class="date">0{day}.03.2020, <span class="time">10:15</span></span>'
        '</span></div><div class="postdetails"><div class="userinfo"><a class="username" href="/u">'
        '<strong>{name}</strong></a></div><div class="postbody"><div class="content"><blockquote class='
        '"postcontent restore">{text}</blockquote></div></div></div></li>',
        '<div id="postlist" class="postlist"><ol id="posts" class="posts">{}</ol></div>',
    ),
    "plain list": _two(
        "<li><p>{name} says:</p><p>{text}</p></li>", "<h2>2 comments</h2><ul>{}</ul>"
    ),
    "plain lines": _two(
        "<p><b>{name}</b> | 0{day}.03.2020 10:15</p><p>{text}</p>", "<div><h3>Comments</h3>{}</div>"
    ),
    "definition list": _two(
        '<dt class="comment-author"><span class="fn">{name}</span> {day} March 2020 10:15</dt>'
        '<dd class="comment">{text}</dd>',
        '<dl id="comment_list">{}</dl>',
    ),
    "nothing marked": _two(
        '<div class="x7"><div class="q1">{name}</div><div class="q2">{day} March 2020 at 10:15</div>'
        '<div class="q3">{text}</div><div class="q4"><a href="#">Reply</a></div></div>',
        '<div class="zz">{}</div>',
    ),
}
