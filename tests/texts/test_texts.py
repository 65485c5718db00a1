"""Dates, waits and typography, in both languages."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from settings import MONTREAL
from texts import french, texts


@pytest.mark.parametrize(
    ("day", "in_french", "in_english"),
    [
        (date(2026, 11, 7), "7 novembre 2026", "November 7, 2026"),
        (date(2026, 3, 1), "1er mars 2026", "March 1, 2026"),
        (date(1944, 2, 29), "29 février 1944", "February 29, 1944"),
        (date(2027, 12, 31), "31 décembre 2027", "December 31, 2027"),
    ],
)
def test_a_day_in_words(day: date, in_french: str, in_english: str) -> None:
    assert texts("fr").day(day) == in_french
    assert texts("en").day(day) == in_english


@pytest.mark.parametrize(
    ("hour", "minute", "in_french", "in_english"),
    [
        (0, 0, "0 h 00", "12:00 a.m."),
        (9, 5, "9 h 05", "9:05 a.m."),
        (12, 30, "12 h 30", "12:30 p.m."),
        (23, 59, "23 h 59", "11:59 p.m."),
    ],
)
def test_a_moment_in_words(hour: int, minute: int, in_french: str, in_english: str) -> None:
    seconds = int(datetime(2026, 11, 7, hour, minute, tzinfo=MONTREAL).timestamp())
    told = [texts(language).moment(seconds, MONTREAL) for language in ("fr", "en")]
    # The hour stays on the line of its sign.
    assert " h" not in told[0]
    assert " p.m." not in told[1]
    assert [text.replace("\u00a0", " ") for text in told] == [
        f"7 novembre 2026 à {in_french}",
        f"November 7, 2026 at {in_english}",
    ]


def test_a_moment_is_told_in_the_offices_zone() -> None:
    seconds = int(datetime(2026, 11, 8, 3, 0, tzinfo=ZoneInfo("UTC")).timestamp())
    assert texts("fr").moment(seconds, MONTREAL).startswith("7 novembre")


@pytest.mark.parametrize(
    ("seconds", "in_french", "in_english"),
    [
        (0, "0 seconde", "0 seconds"),
        (1, "1 seconde", "1 second"),
        (2, "2 secondes", "2 seconds"),
        (90, "90 secondes", "90 seconds"),
        (91, "2 minutes", "2 minutes"),
        (900, "15 minutes", "15 minutes"),
        (5401, "2 heures", "2 hours"),
        (14400, "4 heures", "4 hours"),
    ],
)
def test_a_wait_in_words(seconds: int, in_french: str, in_english: str) -> None:
    assert texts("fr").duration(seconds) == in_french
    assert texts("en").duration(seconds) == in_english


def test_french_signs_stay_with_their_word() -> None:
    assert french("« Oui » : non ? Si ! Bon ; fin.") == (
        "«\u00a0Oui\u00a0»\u00a0: non\u00a0? Si\u00a0! Bon\u00a0; fin."
    )
    assert texts("en").say("Mot de passe oublié ?") == "Forgot your password?"


def test_values_are_put_into_the_sentence_of_the_language() -> None:
    sentence, values = "Au moins %(letters)s lettres", {"letters": 3}
    assert texts("fr").say(sentence, values) == "Au moins 3 lettres"
    assert texts("en").say(sentence, values) == "At least 3 letters"
    # A sentence without values may hold a percent sign.
    assert texts("en").say("100 %") == "100 %"
