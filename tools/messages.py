"""`make messages`: the English catalogue follows the French sentences of code and templates."""

from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = ROOT / "locales" / "en" / "LC_MESSAGES" / "portal.po"
MO = PO.with_suffix(".mo")

METHODS = [
    # What only developers and the office's operator read stays as it is.
    ("tests/**", "ignore"),
    ("tools/**", "ignore"),
    ("bench/**", "ignore"),
    ("commands/**", "ignore"),
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.jinja", "jinja2"),
]
# As the environment of `texts` reads them; a template that does not parse is an error.
JINJA = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


def main() -> None:
    """Extract, update, compile; tell which sentences still want their English."""
    catalogue = translated()
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    with PO.open("wb") as out:
        write_po(out, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    MO.write_bytes(compiled(catalogue))
    missing = [message for message in catalogue if message.id and not all(strings(message.string))]
    for message in missing:
        print(f"à traduire : {strings(message.id)[0]}")
    print(f"{PO.relative_to(ROOT)} : {len(catalogue)} phrases, {len(missing)} à traduire.")


def extracted() -> Catalog:
    """Every French sentence of the portal, from the source."""
    catalogue = Catalog()
    options = {pattern: JINJA for pattern, method in METHODS if method == "jinja2"}
    for path, line, sentence, comments, context in extract_from_dir(
        ROOT, METHODS, options, DEFAULT_KEYWORDS
    ):
        catalogue.add(sentence, locations=[(path, line)], auto_comments=comments, context=context)
    return catalogue


def translated() -> Catalog:
    """The English catalogue as its translator wrote it."""
    with PO.open("rb") as source:
        return read_po(source, locale="en", domain="portal", abort_invalid=True)


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def strings(text: object) -> tuple[str, ...]:
    """A message's sentence, or both of its forms where it counts."""
    return tuple(text) if isinstance(text, list | tuple) else (str(text or ""),)


if __name__ == "__main__":
    main()
