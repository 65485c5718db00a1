"""Accents that were broken before the file came here: UTF-8 that a program once took for another.

« CÃ´me » is « Côme » in UTF-8, read as Windows-1252 and saved so. Where the bytes can be had back
and are UTF-8, nothing is guessed in putting the text right; elsewhere the accent is lost.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from html import unescape

_MISREAD_AS = ("cp1252", "latin-1", "mac_roman", "cp850", "cp437")
# Only letters of European names: the first bytes of others stand in front of a quote or a space
# in sound text (« DÉCÉDÉ », with É, a no-break space and »). And single signs that an apostrophe
# or a capital is made of once it was misread itself.
_BEGINNINGS = ((0xC2,), (0xC3,), (0xC4,), (0xC5,), (0xE2, 0x80), (0xE2, 0x82), (0xE2, 0x84))
_NEXT = range(0x80, 0xC0)
_WHOLE = ((0xC6, 0x92), (0xCB, 0x86), (0xCB, 0x9C))
_TIMES = 3
_FRENCH = frozenset("àâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒ’")


def _sign(codec: str, number: int) -> str:
    """What this byte looks like when read by that codec."""
    try:
        return bytes([number]).decode(codec)
    except UnicodeDecodeError:  # five bytes that Windows-1252 has no sign for
        return chr(number)


def _sequences(codec: str) -> re.Pattern[str]:
    def looks(numbers: Iterable[int]) -> str:
        return "".join(re.escape(_sign(codec, number)) for number in numbers)

    beginnings = "|".join(map(looks, _BEGINNINGS))
    return re.compile("|".join([f"(?:{beginnings})[{looks(_NEXT)}]", *map(looks, _WHOLE)]))


_BYTES = {codec: {_sign(codec, n): n for n in range(0x80, 0x100)} for codec in _MISREAD_AS}
_SEQUENCES = {codec: _sequences(codec) for codec in _MISREAD_AS}
_BYTE_ORDER_MARKS = ("ï»¿", "Ôªø", "´╗┐", "∩╗┐")
_ENTITY = re.compile("&(?:#[0-9]{1,6}|#x[0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});")
_ANY = re.compile("|".join(pattern.pattern for pattern in _SEQUENCES.values()))
# A capital with an accent behind a small letter, a sign where only a letter can stand, what
# programs write for « cannot be shown ».
_LOST = re.compile(
    "(?<=[a-zà-öø-ÿ])[À-ÖØ-ÞŠŽŒŸ]|(?<=[^\\W0-9_])[?](?=[^\\W0-9_])|(?<=[^\\W0-9_])[‚„†‡ˆ‰™‹›¶§¤¢£¥©®]"
    "|[ƒ√∆≈├┬┼\u0080-\u009f\ufffd]|[‚„†‡ˆ‰](?=[^\\W0-9_])|ï¿½"
)


def restored(text: str) -> str:
    """Text in, the same with what was UTF-8 misread once (or several times) put right; what a web
    page writes for an accent (« &eacute; ») too."""
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    if text.startswith(_BYTE_ORDER_MARKS):
        text = text[3:]
    for _ in range(_TIMES):
        if not _ANY.search(text):
            break
        text = _ANY.sub(_decoded, text)
    return text


def is_broken(text: str) -> bool:
    """Whether a name has lost an accent that nothing in it can give back."""
    return _LOST.search(text) is not None


def _decoded(found: re.Match[str]) -> str:
    """What was meant by these signs: a letter of French, where they may be several things."""
    meant = []
    for codec, pattern in _SEQUENCES.items():
        if pattern.fullmatch(found[0]):
            with suppress(UnicodeDecodeError):
                meant.append(bytes(_BYTES[codec][sign] for sign in found[0]).decode("utf-8"))
    return next(filter(_FRENCH.__contains__, meant), meant[0] if meant else found[0])
