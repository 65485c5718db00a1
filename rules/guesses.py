"""How soon a password is guessed: zxcvbn's own judgement, at a cost that hostile text cannot raise.

Asked plainly, zxcvbn spends 20 ms on `+|e{(97x16z!` and 130 ms on 16 such signs: it reads a text
anew for each way in which its signs may stand for letters, in six dictionaries each time.
"""

from collections.abc import Sequence
from decimal import Decimal

from zxcvbn import matching
from zxcvbn.scoring import most_guessable_match_sequence
from zxcvbn.time_estimates import guesses_to_score

SCORED = 16
"""Characters that are judged; what follows only adds."""
MOST_SIGNS = 4
"""Different signs that may each stand for a letter: they can be read in 16 ways, six in 32."""

_SIGNS = frozenset(sign for signs in matching.L33T_TABLE.values() for sign in signs)
_ONE_EACH = str.maketrans("@[{<!|$9+", "4(((11567")
"""Beyond `MOST_SIGNS`, the signs that stand for the same letter are taken for the same sign."""


def _words() -> dict[str, int]:
    """All dictionaries in one, at the best rank: no other can make a match easier to guess."""
    ranks: dict[str, int] = {}
    for dictionary in matching.RANKED_DICTIONARIES.values():
        for word, rank in dictionary.items():
            ranks[word] = min(rank, ranks.get(word, rank))
    return ranks


_WORDS = _words()


def score(text: str, facts: Sequence[str] = ()) -> int:
    """A password and the member's own facts in; from 0, guessed at once, to 4 out.

    What zxcvbn cannot judge is worth nothing. Costs up to 2 ms: not for the event loop.
    """
    try:
        return guesses_to_score(_guesses(text[:SCORED], facts))
    except Exception:  # it is known to raise on odd text
        return 0


def _guesses(text: str, facts: Sequence[str]) -> Decimal:
    """As `zxcvbn()`, which keeps the facts in a table that all its threads share."""
    known = {"words": _WORDS, "facts": matching.build_ranked_dict(map(str.lower, facts))}
    many = len(_SIGNS.intersection(text)) > MOST_SIGNS
    read = text.translate(_ONE_EACH) if many else text
    matches = [
        *matching.dictionary_match(text, known),
        *matching.reverse_dictionary_match(text, known),
        *matching.l33t_match(read, known),
        *matching.spatial_match(text),
        *matching.repeat_match(read),
        *matching.sequence_match(text),
        *matching.regex_match(text),
        *matching.date_match(text),
    ]
    return Decimal(most_guessable_match_sequence(text, matches)["guesses"])
