"""Contributor text as safe HTML: Markdown without raw HTML, then a sanitiser that knows what may be left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "pre": {"tabindex"}}
SCHEMES = {"http", "https", "mailto"}


def _image(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """A link instead of a picture: a remote picture would tell its server who reads it."""
    token = tokens[at]
    text = renderer.renderInlineAsText(token.children or [], options, env) or str(token.attrs.get("src", ""))
    return f'<a href="{_attribute(token.attrs.get("src", ""))}">{_text(text)}</a>'


def _heading(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """Headings of a message stay below those of the page, so that its outline still tells where one is."""
    token = tokens[at]
    token.tag = f"h{min(6, int(token.tag[1]) + env.get('below', 3))}"
    return renderer.renderToken(tokens, at, options, env)


def _code(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """A block that scrolls sideways must be reachable by keyboard."""
    return f'<pre tabindex="0"><code>{_text(tokens[at].content)}</code></pre>\n'


def _text(value: Any) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(value: Any) -> str:
    return _text(value).replace('"', "&quot;")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    for name, rule in (("image", _image), ("heading_open", _heading), ("heading_close", _heading)):
        parser.add_render_rule(name, rule)
    for name in ("fence", "code_block"):
        parser.add_render_rule(name, _code)
    return parser


_PARSER = _parser()


@lru_cache(maxsize=2_000)
def rendered(text: str) -> SafeString:
    """`text` as HTML that may stand in any page. Kept a while: the same messages are read again and again."""
    return _cleaned(_PARSER.render(text))


def document(text: str) -> SafeString:
    """The same for a text with a section of the page to itself: its headings begin below that of the section."""
    return _cleaned(_PARSER.render(text, {"below": 2}))


def _cleaned(html: str) -> SafeString:
    html = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308  # nh3 has just cleaned it
