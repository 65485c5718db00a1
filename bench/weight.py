"""Bytes: of pages, swaps, live checks and captchas, as a browser without a cache gets them."""

from collections.abc import Iterator
from urllib.parse import urlencode

from bench.office import Office
from bench.report import Row, at_most
from bench.servers import Server
from forms.journey import FORMS
from security import challenge

CAPTCHAS = 300
TYPED = ("", "x", "875", "00875", "31/02/1950", "jean@gmial.com", "Côté", "a1b2c3d4e5", "J7J 8G8")


def weight(portal: Server, office: Office) -> Iterator[Row]:
    """Everything that has a bound in bytes and needs no browser."""
    for path in ("/", "/inscription"):
        body = portal.answer("GET", path).body
        yield at_most(f"HTML of `{path}` with its sheet, compressed", 4, len(body) / 1000, "KB")
    yield at_most("a step’s swap (step two)", 1.5, _step_two(portal, office) / 1000, "KB")
    yield at_most("a live check, the largest", 400, _largest_check(portal), "bytes")
    largest = max(len(challenge.draw(_captcha(number))) for number in range(CAPTCHAS))
    yield at_most(f"captcha’s image, the largest of {CAPTCHAS}", 1.5, largest / 1000, "KB")


def _step_two(portal: Server, office: Office) -> int:
    facts = urlencode(office.without_access(1)[0])
    answer = portal.answer("POST", "/inscription", facts, hx_request="true")
    assert answer.status == 200, answer.status
    return len(answer.body)


def _largest_check(portal: Server) -> int:
    largest = 0
    for form in FORMS.values():
        for field in form.fields:
            if not field.live:
                continue
            for typed in TYPED:
                body = {field.name: typed} | ({field.twin: "another"} if field.twin else {})
                answer = portal.answer(
                    "POST",
                    f"/verification/{form.name}/{field.name}",
                    urlencode(body),
                    hx_request="true",
                )
                assert answer.status in (200, 422), (form.name, field.name, answer.status)
                largest = max(largest, len(answer.body))
    return largest


def _captcha(number: int) -> str:
    size = len(challenge.ALPHABET)
    digits = (number * 7919 // size**place % size for place in range(challenge.LENGTH))
    return "".join(challenge.ALPHABET[digit] for digit in digits)
