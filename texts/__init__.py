"""What people read: gettext, French typography, dates, and the Jinja environment."""

import gettext
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, pass_eval_context
from markupsafe import Markup

HERE = Path(__file__).parent
TEMPLATES = HERE.parent / "templates"
LOCALES = HERE.parent / "locales"
LANGUAGES = ("fr", "en")
"""The languages of the portal, the default one first."""
HTML_LANG = {"fr": "fr-CA", "en": "en-CA"}
NAMES = {"fr": "Français", "en": "English"}

NO_BREAK = "\u00a0"
MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
        "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
}  # fmt: skip


def french(text: str) -> str:
    """`text` with the no-break spaces of Quebec typography: before `:` and inside « »."""
    text = re.sub(r" (?=[:?!;»])", NO_BREAK, text)
    return re.sub(r"(?<=«) ", NO_BREAK, text)


class Texts:
    """The sentences of one language; French is the source text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._said: dict[str, str] = {}
        self._catalogue: gettext.NullTranslations = (
            gettext.NullTranslations()
            if language == "fr"
            else gettext.translation("portal", LOCALES, [language])
        )

    def gettext(self, sentence: str) -> str:
        """The sentence in this language, typography included."""
        text = self._said.get(sentence)
        if text is None:
            text = self._catalogue.gettext(sentence) if sentence else sentence
            text = self._said[sentence] = french(text) if self.language == "fr" else text
        return text

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The sentence in this language for that number."""
        # French counts zero and one alike; the source text is French.
        if self.language == "fr":
            return french(one if abs(number) < 2 else many)
        return self._catalogue.ngettext(one, many, number)

    def say(self, sentence: str, values: Mapping[str, object] | None = None) -> str:
        """The sentence in this language with its values put in."""
        text = self.gettext(sentence)
        return text % values if values else text

    def day(self, day: date) -> str:
        """A date in words: « 7 novembre 2026 », « 1er mars 2026 »; “November 7, 2026”."""
        month = MONTHS[self.language][day.month - 1]
        if self.language == "fr":
            number = "1er" if day.day == 1 else str(day.day)
            return f"{number} {month} {day.year}"
        return f"{month} {day.day}, {day.year}"

    def moment(self, seconds: int, zone: ZoneInfo) -> str:
        """A time (seconds since 1970, UTC) in words: « 7 novembre 2026 à 14 h 05 ».

        In English “November 7, 2026 at 2:05 p.m.”.
        """
        local = datetime.fromtimestamp(seconds, zone)
        if self.language == "fr":
            return f"{self.day(local)} à {local.hour}{NO_BREAK}h{NO_BREAK}{local:%M}"
        half = "p.m." if local.hour >= 12 else "a.m."
        return f"{self.day(local)} at {local.hour % 12 or 12}:{local:%M}{NO_BREAK}{half}"

    def duration(self, seconds: int) -> str:
        """A wait in words, rounded up: « 40 secondes », « 15 minutes », « 4 heures »."""
        if seconds <= 90:
            return self.ngettext("%(n)s seconde", "%(n)s secondes", seconds) % {"n": seconds}
        minutes = -(-seconds // 60)
        if minutes <= 90:
            return self.ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
        hours = -(-minutes // 60)
        return self.ngettext("%(n)s heure", "%(n)s heures", hours) % {"n": hours}


@cache
def texts(language: str) -> Texts:
    """The sentences of `language`, one of `LANGUAGES`."""
    return Texts(language)


class _Environment(Environment):
    """Puts sentences without values into the compiled template, where they cost nothing."""

    speech: Texts

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        for output in source.find_all(nodes.Output):
            output.nodes = [self._said(node) for node in output.nodes]
        return super()._generate(source, name, filename, defer_init)

    def _said(self, node: nodes.Expr) -> nodes.Expr:
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"), args=[nodes.Const(value=sentence)], kwargs=[]
            ) if "%" not in sentence:
                return nodes.TemplateData(self.speech.gettext(sentence))
        return node


@cache
def environment(language: str) -> Environment:
    """The Jinja environment of `language`: every template is escaped, whatever its name."""
    env = _Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    env.speech = speech = texts(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        speech.gettext, speech.ngettext, newstyle=True
    )
    env.policies["ext.i18n.trimmed"] = True

    # Jinja's own wrapper of it looks up and formats every sentence anew, three times as slowly.
    @pass_eval_context
    def translate(context: nodes.EvalContext, sentence: str, /, **values: object) -> str:
        text = speech.gettext(sentence)
        if context.autoescape:
            text = Markup(text)  # noqa: S704 (our own sentence; the values are escaped)
        return text % values if "%" in text else text

    env.globals.update(_=translate, gettext=translate)
    env.globals.update(
        say=speech.say,
        language=language,
        html_lang=HTML_LANG[language],
        other_languages=[
            (other, HTML_LANG[other], NAMES[other]) for other in LANGUAGES if other != language
        ],
    )
    env.filters.update(day=speech.day, moment=speech.moment, duration=speech.duration)
    return env
