"""Click's complaints in French, on one line, with exit code 2; here and nowhere else."""

import sys
from typing import Any

import click

from commands import fail

EXPECTED: dict[type[click.ParamType[Any]], str] = {
    click.DateTime: "une date comme 2026-11-23 est attendue",
    click.types.IntParamType: "un nombre entier est attendu",
    click.types.FloatParamType: "un nombre est attendu",
    click.Path: "un fichier ou un dossier lisible est attendu",
}


class French(click.Group):
    """The group of all commands: 0 it is done, 1 it could not be done, 2 it was asked wrongly."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as click does, but say in French what was wrong with the line that was typed."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(2)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "manage.py"
            fail(f"{sentence(error)} Voyez « {command} --help ».")
        except click.ClickException as error:
            fail(error.format_message())
        except click.Abort:
            fail("Interrompu : rien de plus n’est fait.", code=1)
        sys.exit(code if isinstance(code, int) else 0)


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
    for known, words in EXPECTED.items():
        if isinstance(kind, known):
            return words
    return "cette valeur ne convient pas"
