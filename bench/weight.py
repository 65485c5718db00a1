"""Bytes: of pages, swaps, live checks and captchas, as a browser without a cache gets them."""

import gzip
from collections.abc import Iterator
from urllib.parse import urlencode

from bench.office import ACCESS, Office
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
    swap, step = max(_swaps(portal, office))
    yield at_most(f"a step’s swap, the largest ({step})", 1.5, swap / 1000, "KB")
    yield at_most("a live check, the largest", 400, _largest_check(portal), "bytes")
    largest = max(
        len(challenge.draw(_captcha(number), bytes([number % 256, number // 256])))
        for number in range(CAPTCHAS)
    )
    yield at_most(f"captcha’s image, the largest of {CAPTCHAS}", 1.5, largest / 1000, "KB")


def _swaps(portal: Server, office: Office) -> Iterator[tuple[int, str]]:
    """The bytes of each answer on the way to an access, with what it is."""
    facts = office.without_access(1)[0]
    unknown = facts | {"birth_date": "03/03/1933"}
    token = ""
    for step, path, fields in (
        ("step one", "/inscription", None),
        ("step one, every field wrong", "/inscription", dict.fromkeys(facts, "1")),
        ("step one, nobody found", "/inscription", unknown),
        ("step two", "/inscription", facts),
        ("step two, every field wrong", "/inscription/acces", dict.fromkeys(ACCESS, "1")),
        ("registered", "/inscription/acces", ACCESS),
    ):
        if fields is None:
            answer = portal.answer("GET", path, hx_request="true")
        else:
            hidden = {"token": token, "matricule": facts["matricule"]} if "acces" in path else {}
            answer = portal.answer("POST", path, urlencode(fields | hidden), hx_request="true")
        assert answer.status in (200, 422), (step, answer.status)
        yield len(answer.body), step
        if step == "step two":
            html = gzip.decompress(answer.body).decode()
            token = html.partition('name="token" value="')[2].partition('"')[0]
            assert token


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
