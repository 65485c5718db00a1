"""Every field of the portal."""

from dataclasses import replace

from forms import Field, Ground
from rules import N_, Refused
from rules.birth_date import birth_date
from rules.email import email, email_slip
from rules.matricule import matricule
from rules.name import typed_family_name
from rules.office_code import office_code
from rules.password import normalised, within_bounds
from rules.postal_code import postal_code


def _as_typed(text: str, ground: Ground) -> str | Refused:
    """A password that exists already: its rules were asked when it was chosen.

    As it was typed, for what was hashed of it is known with its hash alone.
    """
    return text if normalised(text) else Refused(N_("Écrivez votre mot de passe."))


def _new_password(text: str, ground: Ground) -> str | Refused:
    return within_bounds(text, ground.policy)


def _same_text(text: str, ground: Ground) -> str:
    return normalised(text)


def _any_case(address: str | Refused) -> str | Refused:
    return address if isinstance(address, Refused) else address.casefold()


MATRICULE = Field(
    "matricule",
    N_("Matricule"),
    lambda text, ground: matricule(text),
    hint=N_("Cinq chiffres, par exemple 00875 ou 33163"),
    autocomplete="username",
    inputmode="numeric",
)
FAMILY_NAME = Field(
    "family_name",
    N_("Nom de famille complet"),
    lambda text, ground: typed_family_name(text),
    autocomplete="family-name",
    capitals="words",
)
BIRTH_DATE = Field(
    "birth_date",
    N_("Date de naissance"),
    lambda text, ground: birth_date(text, ground.today),
    hint=N_("JJ/MM/AAAA, par exemple 07/11/1950"),
    autocomplete="bday",
    inputmode="numeric",
)
POSTAL_CODE = Field(
    "postal_code",
    N_("Code postal"),
    lambda text, ground: postal_code(text, abroad=ground.abroad),
    hint=N_("Par exemple J7J 8G8"),
    hint_abroad=N_("Par exemple J7J 8G8, ou celui de votre pays"),
    autocomplete="postal-code",
    capitals="characters",
)
OFFICE_CODE = Field(
    "office_code",
    N_("Code du bureau"),
    lambda text, ground: office_code(text),
    hint=N_("Huit lettres ou chiffres, par exemple 7KQM-2XPD"),
    capitals="characters",
    live=False,
)
EMAIL = Field(
    "email",
    N_("Courriel"),
    lambda text, ground: email(text),
    type="email",
    autocomplete="email",
    suggest=email_slip,
)
EMAIL_AGAIN = replace(
    EMAIL,
    name="email_again",
    label=N_("Confirmer le courriel"),
    twin="email",
    alike=_any_case,
    suggest=None,
)
NEW_PASSWORD = Field(
    "password",
    N_("Mot de passe"),
    _new_password,
    type="password",
    autocomplete="new-password",
    checklist=True,
)
NEW_PASSWORD_AGAIN = replace(
    NEW_PASSWORD,
    name="password_again",
    label=N_("Confirmer le mot de passe"),
    rule=_same_text,
    checklist=False,
    twin="password",
)
PASSWORD = Field(
    "password",
    N_("Mot de passe"),
    _as_typed,
    type="password",
    autocomplete="current-password",
    live=False,
)
CURRENT_PASSWORD = replace(PASSWORD, name="current_password", label=N_("Mot de passe actuel"))
