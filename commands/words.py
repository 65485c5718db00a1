"""What the commands call in French what the database keeps as words of ours."""

from members.events import EVENTS
from texts import texts

KINDS = {
    "welcome": "bienvenue, adresse à confirmer",
    "access_created": "avis d’un accès créé",
    "temporary_password": "mot de passe temporaire",
    "not_registered": "conseil de s’inscrire",
    "password_changed": "avis d’un nouveau mot de passe",
    "confirm_address": "adresse à confirmer",
    "address_change_requested": "avis d’un changement d’adresse demandé",
    "address_changed": "avis d’une adresse changée",
    "address_replaced": "avis d’une adresse remplacée par le bureau",
    "address_confirmed": "avis d’une adresse confirmée",
    "access_frozen": "avis d’un accès bloqué",
    "access_reopened": "accès rouvert, mot de passe temporaire",
    "correction_requested": "demande de correction au bureau",
}
"""What each mail is."""


def mail(kind: str) -> str:
    """What a mail is called."""
    return KINDS.get(kind, kind)


def event(name: str) -> str:
    """What an event of the journal is called."""
    return say(EVENTS.get(name, name))


def say(sentence: str) -> str:
    """A sentence of the portal, with its spaces."""
    return texts("fr").gettext(sentence)
