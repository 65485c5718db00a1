"""Click's complaints and help in French, complaints on one line with exit code 2; only here."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from commands import fail
from troubles import reason

EXPECTED: dict[type[click.ParamType[Any]], str] = {
    click.DateTime: "une date comme 2026-11-23 est attendue",
    click.types.IntParamType: "un nombre entier est attendu",
    click.types.FloatParamType: "un nombre est attendu",
    click.Path: "un fichier ou un dossier lisible est attendu",
}
HELP = {
    "Commands": "Commandes",
    "COMMAND [ARGS]...": "COMMANDE [ARGUMENTS]…",
    "Show this message and exit.": "Montrer cette aide.",
    "[default: ": "[par défaut : ",
    "required]": "obligatoire]",
    "[%Y-%m-%d]": "AAAA-MM-JJ",
    "INTEGER RANGE": "NOMBRE",
    "INTEGER": "NOMBRE",
    "TEXT": "TEXTE",
}
"""What click writes by itself into a help page."""
_RANGE = re.compile("; ([0-9]+)<=x<=([0-9]+)")


class French(click.Group):
    """The group of all commands: 0 it is done, 1 it could not be done, 2 it was asked wrongly."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as click does, but say in French what went wrong.

        An answer that cannot be written (a full disk) is one line; a reader who is gone, none.
        """
        for command in _all(self):
            command.context_class = _Context
        try:
            self._run(*args, **kwargs)
        except OSError as error:
            with suppress(OSError):
                click.echo(f"Interrompu : {reason(error)}.", err=True)
            sys.exit(1)

    def _run(self, *args: Any, **kwargs: Any) -> None:
        if any(_is_no_text(word) for word in _words(args, kwargs)):
            fail(
                "Un mot de la commande n’est pas du texte lisible (UTF-8) : écrivez-le de nouveau."
            )
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            fail("Il manque une commande : choisissez-en une ci-dessus.")
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "manage.py"
            fail(f"{sentence(error)} Voyez « {command} --help ».")
        except click.ClickException as error:
            fail(error.format_message())
        except click.Abort:
            fail("Interrompu : rien de plus n’est fait.", code=1)
        sys.exit(code if isinstance(code, int) else 0)


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _translated(args), "Emploi : ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(f"{_translated(heading)} ")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        translated = [(_translated(name), _translated(words)) for name, words in rows]
        super().write_dl(translated, col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


def _all(group: click.Group) -> Iterator[click.Command]:
    yield group
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from _all(command)
        else:
            yield command


def _translated(text: str) -> str:
    for english, french in HELP.items():
        text = text.replace(english, french)
    return _RANGE.sub(r" ; de \1 à \2", text)


def _words(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[str]:
    """What was typed behind the program's name, as click takes it."""
    typed: Sequence[str] | None = kwargs.get("args", args[0] if args else None)
    return sys.argv[1:] if typed is None else typed


def _is_no_text(word: str) -> bool:
    """Whether the shell gave bytes that are no UTF-8: no file of ours could name them."""
    return any("\ud800" <= character <= "\udfff" for character in word)


def sentence(error: click.UsageError) -> str:
    """What was wrong, in a French sentence."""
    match error:
        case click.exceptions.NoSuchCommand():
            return f"« {error.command_name} » n’est pas une commande."
        case click.NoSuchOption():
            return f"« {error.option_name} » n’est pas une option."
        case click.BadOptionUsage():
            return f"L’option {error.option_name} ne s’emploie pas ainsi."
        case click.MissingParameter():
            return f"Il manque {_name(error)}."
        case click.BadParameter():
            return f"{_name(error)} : {_expected(error.param)}."
    return "Il y a un mot de trop ou de travers dans la commande."


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return "un argument"
    if isinstance(error.param, click.Option):
        return error.param.opts[-1]
    return error.param.make_metavar(error.ctx) if error.ctx else str(error.param.name).upper()


def _expected(param: click.Parameter | None) -> str:
    kind = param.type if param else None
    if isinstance(kind, click.Choice):
        return f"{' ou '.join(map(str, kind.choices))} est attendu"
    if isinstance(kind, click.IntRange) and kind.min is not None:
        most = (
            f"de {kind.min} à {kind.max}" if (kind.max or 1e9) < 1e9 else f"d’au moins {kind.min}"
        )
        return f"un nombre {most} est attendu"
    for known, words in EXPECTED.items():
        if isinstance(kind, known):
            return words
    return "cette valeur ne convient pas"
