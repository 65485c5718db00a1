"""`manage.py member`: what the office does for a member at the telephone."""

import click

from commands import fail, member_argument, telephone
from commands.telephone import with_member
from db.accounts import Account
from db.database import Database
from db.members import Member
from members.telephone import replace_email
from members.telephone import unfreeze as reopen
from rules import Refused
from rules.email import email as email_rule
from security.clock import system_clock
from security.passwords import Passwords
from settings import Settings
from texts import texts


@click.group()
def member() -> None:
    """L’accès d’un membre : ce que le bureau fait au téléphone."""


@member.command()
@member_argument
@click.argument("address")
def email(matricule: str, address: str) -> None:
    """Mettre ADDRESS à l’accès de MATRICULE ; l’ancienne adresse est avisée."""
    new = email_rule(address)
    if isinstance(new, Refused):
        fail(f"{address} : {texts('fr').say(new.sentence, new.values)}")

    async def work(settings: Settings, db: Database, member: Member) -> Account | None:
        return await replace_email(db, member, new, now=system_clock())

    before = with_member(matricule, work)
    if before is None:
        fail(f"{matricule} : pas d’accès, ou c’est déjà son adresse. Rien n’est changé.")
    click.echo(f"{matricule} : {before.email} est remplacée par {new} ; les deux sont avisées.")
    if before.frozen_at is not None:
        click.echo(f"L’accès reste bloqué : « manage.py member unfreeze {matricule} » le rouvre.")


@member.command()
@member_argument
def unfreeze(matricule: str) -> None:
    """Rouvrir l’accès bloqué de MATRICULE, avec un mot de passe temporaire."""

    async def work(settings: Settings, db: Database, member: Member) -> Account | None:
        return await reopen(db, Passwords(), member, now=system_clock())

    account = with_member(matricule, work)
    if account is None:
        fail(f"{matricule} : l’accès n’est pas bloqué. Rien n’est changé.")
    click.echo(
        f"{matricule} : l’accès est rouvert. L’ancien mot de passe ne sert plus ; "
        f"un mot de passe temporaire part vers {account.email}."
    )


for command in (telephone.show, telephone.unlock, telephone.recover, telephone.deactivate):
    member.add_command(command)
