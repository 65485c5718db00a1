"""The rules of the field: text in, value out, or `Refused` with a French sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refused:
    """What a rule answers instead of a value.

    `sentence` is the French source text (the key of the catalogues), with `%(name)s` where a
    value of `values` goes; it says what is expected and never repeats what was typed.
    """

    sentence: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


def N_(sentence: str) -> str:
    """Mark a French sentence for the catalogues; gives it back unchanged."""
    return sentence
