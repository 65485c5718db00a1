"""What a person types: a field is declared once, a form is a few fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules import N_, Refused
from rules.password import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rule may need beside the text: today's date, the password's bounds, and whether
    members live abroad too."""

    today: date
    policy: PasswordPolicy
    abroad: bool = False


Rule = Callable[[str, Ground], Any]
"""Text in, value out, or `Refused`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its rule, and all that its markup needs (WCAG 1.3.5: `autocomplete`)."""

    name: str
    label: str
    rule: Rule
    hint: str = ""
    hint_abroad: str = ""
    """The hint where members live abroad too, if it is another one."""
    type: str = "text"
    autocomplete: str = "off"
    inputmode: str = ""
    capitals: str = ""
    """What a phone's keyboard capitalises: `none`, `words` or `characters`."""
    twin: str = ""
    """The name of the field that this one repeats."""
    alike: Callable[[Any], Any] = lambda value: value
    """What two values must have in common for one to repeat the other."""
    checklist: bool = False
    """Whether the rules of a new password are shown, ticking while typing."""
    suggest: Callable[[str], str | None] | None = None
    """Offers another value where this one looks mistyped."""
    live: bool = True
    """Whether the field is checked as it is left."""

    @property
    def secret(self) -> bool:
        """Whether what was typed is never sent back."""
        return self.type == "password"


class Bound:
    """A form with what was typed: `values` through the rules, `errors` by field name."""

    def __init__(self, form: "Form", typed: Mapping[str, str], ground: Ground) -> None:
        self.form = form
        self.ground = ground
        self.typed = {field.name: typed.get(field.name, "") for field in form.fields}
        self.values: dict[str, Any] = {}
        self.errors: dict[str, Refused] = {}
        for field in form.fields:
            answer = form.apply(field, self.typed, ground)
            if isinstance(answer, Refused):
                self.errors[field.name] = answer
            else:
                self.values[field.name] = answer

    def shown(self, field: Field) -> str:
        """What goes back into the field: what was typed, never a password."""
        return "" if field.secret else self.typed[field.name]


@dataclass(frozen=True, slots=True)
class Form:
    """A few fields and the names of the hidden ones that travel with them."""

    name: str
    fields: tuple[Field, ...]
    hidden: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Every name that its body may hold."""
        return self.hidden | {field.name for field in self.fields}

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def bind(self, typed: Mapping[str, str], ground: Ground) -> Bound:
        """The form with what was typed, every rule applied; an absent field counts as empty."""
        return Bound(self, typed, ground)

    def blank(self, ground: Ground, **typed: str) -> Bound:
        """The form before anything was typed (but for `typed`): no errors."""
        bound = Bound(self, typed, ground)
        bound.errors.clear()
        return bound

    def apply(self, field: Field, typed: Mapping[str, str], ground: Ground) -> Any:
        """One field's value, or `Refused`; the submit and the live check both come here."""
        text = typed.get(field.name, "")
        if not field.twin:
            return field.rule(text, ground)
        if not text:
            return Refused(N_("Écrivez-le une seconde fois."))
        original = self.field(field.twin)
        assert original
        first = original.rule(typed.get(field.twin, ""), ground)
        if field.alike(field.rule(text, ground)) != field.alike(first):
            return Refused(N_("Ce n’est pas la même chose que dans le champ précédent."))
        return text
