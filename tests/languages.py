"""Telling French from English on a page."""

import re
from html.parser import HTMLParser

# Words that the one language uses all the time and the other never.
FRENCH = re.compile(
    r"[à-öø-ÿœ«»]|\b(le|la|les|un|une|des|du|de|et|ou|où|est|sont|vous|votre|vos|nous|pour|avec|dans"
    r"|sur|par|qui|que|pas|ne|ce|cette|ces|aux|elle|il|se|au|sans|mot|matricule|courriel)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(the|of|and|to|you|your|is|are|was|this|that|with|for|from|not|be|have|has|will|can|at|by"
    r"|it|an|sign|address|password|number|member|office|try|check|type|back|help)\b",
    re.IGNORECASE,
)


CALL_CODE = re.compile(r"\b[0-9A-Z]{3}-[0-9A-Z]{2}\b")


class Reading(HTMLParser):
    """What a person sees or hears of a page; words that it marks as another language's are not."""

    SAID = ("alt", "title", "aria-label", "placeholder", "data-")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.passed_over = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script") or (tag != "html" and "lang" in dict(attrs)):
            self.passed_over = tag
        self.said += [
            value
            for name, value in attrs
            if value and name.startswith(self.SAID) and not name.startswith("data-hx")
            if name not in ("data-fields", "data-state")
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag == self.passed_over:
            self.passed_over = ""

    def handle_data(self, data: str) -> None:
        if not self.passed_over:
            self.said.append(data)


def strange(html: str, other: re.Pattern[str]) -> list[str]:
    """The words of a page that are of the other language; a call code is of neither."""
    said = [" ".join(text.split()) for text in Reading(html).said]
    return [text for text in said if other.search(CALL_CODE.sub("", text))]
