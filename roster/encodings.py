"""In which encoding a text file is: told by its marks, by UTF-8's own shape, or by its French."""

import codecs
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from roster.tables import UnreadableFile

# UTF-32 before UTF-16, whose mark is the first half of its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_OF_A_BYTE = {
    "cp1252": "Windows-1252",
    "mac_roman": "Macintosh",
    "cp850": "DOS (850)",
    "cp863": "DOS (863)",
    "cp437": "DOS (437)",
}
_USUAL = "cp1252"
_CHUNK = 1 << 20
_JUDGED = 5_000
"""Words with an accent that are enough to judge an encoding by."""
_LONGEST_WORD = 40
_WORD = re.compile(rb"[A-Za-z]{0,40}[\x80-\xff][A-Za-z\x80-\xff]{0,40}")
_UNFINISHED = re.compile(rb"[A-Za-z\x80-\xff]+\Z")
_FRENCH = frozenset("àâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒ")
_OF_NEIGHBOURS = frozenset("áãäåæíñóõöøúüÿÁÃÄÅÆÍÑÓÖØÚÜŸß")
_AT_AN_EDGE = frozenset("\u00a0«»“”‘–—…°•·½¼¾²³ª©®™€")
_CURE = "ouvrez-le dans votre tableur, vérifiez les accents et enregistrez-le en .xlsx."


def encoding_of(file: Path, start: bytes) -> tuple[str, str]:
    """The codec of a text file and its name for people, by its first four bytes and its words.

    A byte order mark decides, else UTF-8 where it is that; else Windows-1252, Macintosh and DOS
    are told apart by which of them makes French words. Raises `UnreadableFile` for what is no
    text, and where that cannot be told.
    """
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            if _decodes(file, codec):
                return codec, name
            raise UnreadableFile(f"le fichier est abîmé : il s’annonce en {name} et ne l’est pas.")
    for codec, high_bytes in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if high_bytes == b"\0\0" and _decodes(file, codec):
            return codec, "UTF-16"
    if _has_nul(file):
        raise UnreadableFile(
            "ce n’est ni un classeur Excel ou ODS, ni un fichier texte :"
            " enregistrez votre liste en .xlsx."
        )
    if _decodes(file, "utf-8"):
        return "utf-8", "UTF-8"
    found = _most_french(_words(file))
    if found is None or not _decodes(file, found):
        raise UnreadableFile(f"les accents de ce texte ne se lisent pas avec certitude : {_CURE}")
    return found, _OF_A_BYTE[found]


def _has_nul(file: Path) -> bool:
    with file.open("rb") as opened:
        return any(b"\0" in chunk for chunk in iter(lambda: opened.read(_CHUNK), b""))


def _decodes(file: Path, codec: str) -> bool:
    try:
        with file.open(encoding=codec, newline="") as opened:
            while opened.read(_CHUNK):
                pass
    except UnicodeError:
        return False
    return True


def _words(file: Path) -> set[bytes]:
    """The words that are not all in ASCII, some thousands at the most."""
    words: set[bytes] = set()
    rest = b""
    with file.open("rb") as opened:
        while len(words) < _JUDGED and (chunk := opened.read(_CHUNK)):
            text = rest + chunk
            cut = _UNFINISHED.search(text[-_LONGEST_WORD:])
            rest = cut[0] if cut else b""
            words.update(_WORD.findall(text[: len(text) - len(rest)]))
    return words | set(_WORD.findall(rest))


def _most_french(words: Collection[bytes]) -> str | None:
    """The codec by which the words are French; None where none is, or two are and differ.

    Windows-1252 needs no accent of French to be believed, as long as nothing speaks against it.
    """
    read: dict[str, list[str]] = {}
    for codec in _OF_A_BYTE:
        with suppress(UnicodeDecodeError):
            read[codec] = [word.decode(codec) for word in words]
    strange = {
        codec: _strangeness(texts)
        for codec, texts in read.items()
        if codec == _USUAL or any(map(_FRENCH.intersection, texts))
    }
    if not strange:
        return None
    best = min(strange, key=strange.__getitem__)
    if strange.get(_USUAL, (1, 0))[0] == 0:
        return _USUAL if strange[_USUAL] == strange[best] else None
    if strange[best][0] * 20 > len(words):
        return None
    rivals = [one for one in strange if strange[one] == strange[best] and read[one] != read[best]]
    return None if rivals else best


def _strangeness(texts: Iterable[str]) -> tuple[int, int]:
    """How many of the words cannot be words, and how many would be odd ones."""
    judged = [_judged(text) for text in texts]
    return judged.count(2), judged.count(1)


def _judged(word: str) -> int:
    """0 for a word, 1 for an odd one, 2 for what is none."""
    worst = 0
    for place, sign in enumerate(word):
        if sign.isascii():
            continue
        before, after = word[place - 1 : place], word[place + 1 : place + 2]
        if sign == "’" or (sign in _AT_AN_EDGE and not (before.isalpha() and after.isalpha())):
            continue
        if sign not in _FRENCH and sign not in _OF_NEIGHBOURS:
            return 2
        if sign.isupper() and before.islower():
            return 2
        shouted = sign.islower() and before.isupper() and after.isupper()
        worst |= shouted or sign not in _FRENCH
    return worst
