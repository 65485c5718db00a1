"""The operator's commands: `.venv/bin/python manage.py …`."""

import sqlite3

import click

from commands import (
    TOO_NEW,
    access,
    backup,
    check_file,
    doctor,
    fail,
    fail_over,
    keys,
    load_settings,
    mail,
    member,
    roster,
    serve,
    telephone,
)
from commands.french import French
from db.migrate import SchemaTooNew, migrate


@click.group(cls=French, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Le portail des membres : commandes du bureau.

    Code de sortie : 0 c’est fait, 1 cela n’a pu se faire, 2 c’était mal demandé.
    """


@commands.command()
def init() -> None:
    """Créer la base de données, ou la mettre à niveau."""
    settings = load_settings()
    check_file(settings.database)
    try:
        applied = migrate(settings.database)
    except SchemaTooNew:
        fail(TOO_NEW % settings.database)
    except (sqlite3.Error, OSError) as error:
        fail_over(settings.database, error)
    click.echo(f"{settings.database} : {len(applied)} migration(s) appliquée(s).")


for command in (
    serve.serve,
    roster.import_,
    roster.export_,
    access.registrations,
    access.annul,
    access.purge,
    backup.backup,
    backup.restore,
    doctor.doctor,
    keys.rotate_key,
    mail.mail,
    member.member,
    telephone.call,
    telephone.stats,
):
    commands.add_command(command)
for command in (telephone.show, telephone.unlock, telephone.recover, telephone.deactivate):
    member.member.add_command(command)


if __name__ == "__main__":
    commands()
