"""The e-mail address, and the slips people make in well-known domains."""

import unicodedata

from email_validator import validate_email

from rules import N_, Refused
from rules.characters import INVISIBLE, trimmed

MAXIMUM = 254
_LABEL = 63
"""Characters between two points of a domain (RFC 1035): Arabic digits cost their square."""

# The providers that members here use, as (name, ending).
_PROVIDERS = frozenset(
    {
        ("bell", "net"),
        ("cgocable", "ca"),
        ("cogeco", "ca"),
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
        "com": "con cm vom xom vim cpm cim comm coom ccom comn coml ocm cmo om co c0m com.ca",
        "ca": "va xa cca caa",
        "net": "nt ner nte ent met nett",
    }.items()
    for slip in slips.split()
}
# Names of one home: what they have under these other endings is a site or nothing, no mailbox.
_ONE_HOME = frozenset({"cgocable", "globetrotter", "gmail", "icloud", "sympatico", "videotron"})
_OTHER_ENDINGS = frozenset({"ca", "com", "fr", "net", "qc.ca"})

# Domains of their own that one keystroke parts from a provider.
_NEIGHBOURS = frozenset({"cloud", "email", "mail", "wahoo", "ymail", "zmail"})

# Among shorter names nearly every neighbour is somebody's own domain: love.com, dell.net.
_SHORTEST_NAME = 5

_SIGNS = frozenset("!#$%&'*+-./^_~")
"""What may stand before the @ beside letters and digits: of RFC 5322's signs, those that a mail
program reads as themselves. No `=?`, which begins an encoded word (RFC 2047, SECURITY X2)."""
_AROUND = " .,;:«»“”"
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "OE", "Æ": "AE"})


def email(text: str) -> str | Refused:
    """A typed address in; its normalized form out, as email-validator judges it (DESIGN §5).

    International addresses are welcome; nothing passes that cannot be seen or that a mail program
    takes for more than an address (SECURITY I4, X2). Signs around it are left out.
    """
    text = trimmed(trimmed(text).rstrip(_AROUND).lstrip(_AROUND)).replace("’", "'")
    if not text:
        return Refused(N_("Écrivez votre adresse courriel."))
    if "@" not in text:
        return Refused(N_("Écrivez l’adresse avec son signe @, sous la forme nom@exemple.ca."))
    if text.count("@") > 1:
        return Refused(N_("Écrivez une seule adresse, avec un seul signe @."))
    if any(character.isspace() for character in text):
        return Refused(N_("Écrivez votre adresse courriel sans espace."))
    if INVISIBLE.search(text):
        return Refused(N_("Écrivez l’adresse à la main : un signe qui ne se voit pas y est resté."))
    if "," in text:
        return Refused(N_("Écrivez un point plutôt qu’une virgule."))
    if len(text) > MAXIMUM:
        return Refused(
            N_("Écrivez une adresse de %(maximum)s caractères au plus."), {"maximum": MAXIMUM}
        )
    try:
        if any(len(label) > _LABEL for label in text.rpartition("@")[2].split(".")):
            raise ValueError
        address = validate_email(text, check_deliverability=False).normalized
    except ValueError:  # EmailNotValidError, and whatever the codecs of domains add to it
        address = ""
    local, _, domain = address.rpartition("@")
    if not local or not all(map(_is_of_a_mailbox, local)):
        return Refused(N_("Écrivez votre adresse courriel sous la forme nom@exemple.ca."))
    ending = domain.rpartition(".")[2]
    if len(ending) == 1 or any(character.isdigit() for character in ending):
        return Refused(N_("Vérifiez la fin de l’adresse : .ca, .com…"))
    return address


def email_slip(address: str) -> str | None:
    """An address in; the whole address corrected when it looks mistyped, else None.

    It is to be offered, never forced (DESIGN §5), so it only speaks when in little doubt: of a
    well-known domain, and of accents before one, where no provider gives any.
    """
    local, _, domain = address.rpartition("@")
    meant = _meant(domain.lower())
    if not local or not meant:
        return None
    better = f"{_unaccented(local)}@{meant}"
    return better if better != f"{local}@{domain.lower()}" else None


def _meant(domain: str) -> str | None:
    """The provider's domain that somebody wrote, or meant to; None where it may be another's."""
    name, _, ending = _unaccented(domain).partition(".")
    if (name, ending) in _PROVIDERS:
        return f"{name}.{ending}"
    if name in _ONE_HOME and ending in _OTHER_ENDINGS:
        return next(f"{name}.{its}" for provider, its in _PROVIDERS if provider == name)
    right_ending = _ENDING_SLIPS.get(ending)
    if (name, right_ending) in _PROVIDERS:
        return f"{name}.{right_ending}"
    if name in _NEIGHBOURS:
        return None
    for provider, provider_ending in _PROVIDERS:
        if (
            ending == provider_ending
            and len(provider) >= _SHORTEST_NAME
            and _one_slip_apart(name, provider)
        ):
            return f"{provider}.{provider_ending}"
    return None


def _is_of_a_mailbox(character: str) -> bool:
    return character in _SIGNS or unicodedata.category(character)[0] in "LMN"


def _unaccented(text: str) -> str:
    """The text without accents where that leaves plain letters, else as it is."""
    apart = unicodedata.normalize("NFD", text.translate(_LIGATURES))
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return plain if plain.isascii() else text


def _one_slip_apart(typed: str, meant: str) -> bool:
    """Whether one character added, left out, replaced, or two exchanged part the two words."""
    while typed and meant and typed[0] == meant[0]:
        typed, meant = typed[1:], meant[1:]
    while typed and meant and typed[-1] == meant[-1]:
        typed, meant = typed[:-1], meant[:-1]
    if len(typed) == len(meant) == 2:
        return typed == meant[::-1]
    return max(len(typed), len(meant)) == 1
