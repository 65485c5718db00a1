"""The secret key."""

import click

from commands import fail, load_settings, with_database
from db import journal
from db.database import Database
from security.clock import system_clock
from settings import Settings
from upkeep import keys


@click.command("rotate-key")
@click.option(
    "--leaked", is_flag=True, help="Quelqu’un a vu l’ancienne : ne plus l’accepter du tout."
)
def rotate_key(leaked: bool) -> None:
    """Remplacer la clé secrète ; l’ancienne sert encore 7 jours à ce qu’elle a signé."""

    key_file = load_settings().key_file
    if key_file is None:
        fail(
            "La clé vient de PORTAL_SECRET_KEY : ajoutez-y vous-même une nouvelle clé, après "
            "l’ancienne et une espace (openssl rand -base64 48), redémarrez le portail, et "
            "enlevez l’ancienne après 7 jours."
        )

    async def work(settings: Settings, db: Database) -> None:
        keys.rotate(key_file, settings.secret_keys, leaked=leaked)
        await db.write(
            lambda tx: journal.write(tx, "key_rotated", at=system_clock(), actor="office")
        )

    try:
        with_database(work)
    except OSError as error:
        fail(f"{key_file} ne peut être écrit : {error.strerror}.", code=1)
    click.echo(
        "La nouvelle clé sert dès que le portail redémarre (sudo systemctl restart portail). "
        + (
            "Les liens de courriel et mots de passe temporaires déjà envoyés ne servent plus."
            if leaked
            else "L’ancienne est encore acceptée 7 jours, puis « purge » l’enlève."
        )
    )
