"""The e-mail address, and the slips people make in well-known domains."""

import unicodedata

from email_validator import validate_email

from rules import N_, Refused
from rules.characters import trimmed

MAXIMUM = 254
_LABEL = 63
"""Characters between two points of a domain (RFC 1035): Arabic digits cost their square."""

# The providers that members here use, as (name, ending).
_PROVIDERS = frozenset(
    {
        ("bell", "net"),
        ("cgocable", "ca"),
        ("globetrotter", "net"),
        ("gmail", "com"),
        ("hotmail", "ca"),
        ("hotmail", "com"),
        ("hotmail", "fr"),
        ("icloud", "com"),
        ("live", "ca"),
        ("live", "com"),
        ("live", "fr"),
        ("me", "com"),
        ("msn", "com"),
        ("outlook", "com"),
        ("outlook", "fr"),
        ("sympatico", "ca"),
        ("videotron", "ca"),
        ("yahoo", "ca"),
        ("yahoo", "com"),
        ("yahoo", "fr"),
    }
)

# Written for another ending, and no provider's own: yahoo.cl or hotmail.es are never in doubt.
_ENDING_SLIPS = {
    slip: ending
    for ending, slips in {
        "com": "con cm vom xom cpm cim comm coom ccom ocm cmo om co",
        "ca": "va xa cca caa",
        "net": "nt ner nte ent met nett",
    }.items()
    for slip in slips.split()
}
_NOT_GMAIL = frozenset({("gmail", "ca"), ("gmail", "fr")})

# Domains of their own that one keystroke parts from a provider.
_NEIGHBOURS = frozenset({"cloud", "email", "mail", "wahoo", "ymail", "zmail"})

# Among shorter names nearly every neighbour is somebody's own domain: love.com, dell.net.
_SHORTEST_NAME = 5


def email(text: str) -> str | Refused:
    """A typed address in; its normalized form out, as email-validator judges it (DESIGN §5).

    International addresses are welcome; no control character passes (SECURITY I4), nor what a mail
    program may take for an encoded word (RFC 2047, SECURITY X2).
    """
    text = trimmed(text)
    if not text:
        return Refused(N_("Écrivez votre adresse courriel."))
    if "@" not in text:
        return Refused(N_("Écrivez l’adresse avec son signe @, sous la forme nom@exemple.ca."))
    if text.count("@") > 1:
        return Refused(N_("Écrivez une seule adresse, avec un seul signe @."))
    if any(character.isspace() for character in text):
        return Refused(N_("Écrivez votre adresse courriel sans espace."))
    if "," in text:
        return Refused(N_("Écrivez un point plutôt qu’une virgule."))
    if len(text) > MAXIMUM:
        return Refused(
            N_("Écrivez une adresse de %(maximum)s caractères au plus."), {"maximum": MAXIMUM}
        )
    try:
        if "=?" in unicodedata.normalize("NFKC", text):
            raise ValueError
        if any(len(label) > _LABEL for label in text.rpartition("@")[2].split(".")):
            raise ValueError
        return validate_email(text, check_deliverability=False).normalized
    except ValueError:  # EmailNotValidError, and whatever the codecs of domains add to it
        return Refused(N_("Écrivez votre adresse courriel sous la forme nom@exemple.ca."))


def email_slip(address: str) -> str | None:
    """An address in; the whole address corrected when its domain looks mistyped, else None.

    It is to be offered, never forced (DESIGN §5), so it only speaks when in little doubt.
    """
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.lower().partition(".")
    if not local or (name, ending) in _PROVIDERS:
        return None
    if (name, ending) in _NOT_GMAIL:
        return f"{local}@gmail.com"
    right_ending = _ENDING_SLIPS.get(ending)
    if (name, right_ending) in _PROVIDERS:
        return f"{local}@{name}.{right_ending}"
    if name in _NEIGHBOURS:
        return None
    for provider, provider_ending in _PROVIDERS:
        if (
            ending == provider_ending
            and len(provider) >= _SHORTEST_NAME
            and _one_slip_apart(name, provider)
        ):
            return f"{local}@{provider}.{provider_ending}"
    return None


def _one_slip_apart(typed: str, meant: str) -> bool:
    """Whether one character added, left out, replaced, or two exchanged part the two words."""
    while typed and meant and typed[0] == meant[0]:
        typed, meant = typed[1:], meant[1:]
    while typed and meant and typed[-1] == meant[-1]:
        typed, meant = typed[:-1], meant[:-1]
    if len(typed) == len(meant) == 2:
        return typed == meant[::-1]
    return max(len(typed), len(meant)) == 1
