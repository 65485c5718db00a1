"""The English catalogue is complete and in step with the source: else run `make messages`."""

import re

from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from tools.messages import MO, extracted, strings, translated

SENTENCES = [message for message in translated() if message.id]


def identity(message: Message) -> str:
    return strings(message.id)[0]


def test_it_has_every_sentence_of_the_source_and_no_other() -> None:
    source = {strings(message.id) for message in extracted() if message.id}
    assert source == {strings(message.id) for message in SENTENCES}


def test_it_is_compiled_as_it_is_written() -> None:
    with MO.open("rb") as compiled:
        served = {strings(m.id): strings(m.string) for m in read_mo(compiled) if m.id}
    assert served == {strings(m.id): strings(m.string) for m in SENTENCES}


def test_nothing_is_left_to_translate() -> None:
    assert [identity(message) for message in SENTENCES if not all(strings(message.string))] == []
    assert [identity(message) for message in SENTENCES if message.fuzzy] == []


HELD = re.compile(r"%\(\w+\)[a-z]|<[^>]+>")
"""Values, and the markup of sentences that have links."""


def test_a_translation_holds_what_its_sentence_holds() -> None:
    assert [
        identity(message)
        for message in SENTENCES
        for french, english in zip(strings(message.id), strings(message.string), strict=True)
        if sorted(HELD.findall(english)) != sorted(HELD.findall(french))
    ] == []


def test_a_translation_has_the_typography_of_its_language() -> None:
    assert [
        english
        for message in SENTENCES
        for english in strings(message.string)
        if re.search(r"\s\Z|[«»\"']| [:?!;]|  ", HELD.sub("x", english))
    ] == []


def test_a_translation_ends_as_its_sentence_does() -> None:
    assert [
        identity(message)
        for message in SENTENCES
        if _end(strings(message.id)[0]) != _end(strings(message.string)[0])
    ] == []


def _end(text: str) -> str:
    """Its last sign, where that is punctuation."""
    return text[-1] if text[-1] in ".:?!…," else ""
