"""`manage.py member`: what the office does for a member at the telephone."""

import sys

import click

from commands import confirmed, fail, member_argument, telephone, with_database
from commands.telephone import moment, with_member
from db import accounts
from db.accounts import Account
from db.database import Database
from db.members import Member
from members.annul import make_code
from members.erase import erase as erase_person
from members.telephone import replace_email
from members.telephone import unfreeze as reopen
from rules import Refused
from rules.email import email as email_rule
from security.clock import system_clock
from security.passwords import Passwords
from settings import Settings
from texts import texts
from web.portal import Portal

TO_THE_MEMBER = (
    "Dites-le au membre lui-même, en le rappelant au numéro que le bureau connaît : qui appelle "
    "peut être celui qui s’était inscrit à sa place."
)


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
def code(matricule: str) -> None:
    """Donner un code à MATRICULE, dont l’accès a été annulé, pour s’inscrire de nouveau."""

    async def work(settings: Settings, db: Database, member: Member) -> tuple[str, str]:
        if await accounts.by_member(db, member.id):
            fail(f"{matricule} a un accès : il n’a pas à s’inscrire. Aucun code n’est fait.")
        if not member.active:
            fail(
                f"{matricule} n’est plus membre actif : aucun code n’est fait. "
                "S’il l’est de nouveau, chargez une liste qui le contient.",
                code=1,
            )
        key = Portal.assemble(settings, db, system_clock).recovery_key
        made = await make_code(db, member.id, key, now=system_clock(), actor="office")
        if made is None:
            fail(f"{matricule} peut s’inscrire sans code : son accès n’a pas été annulé.")
        return made[0], moment(settings, made[1])

    spoken, until = with_member(matricule, work)
    click.echo(f"Code de {matricule} : {spoken}")
    click.echo(f"Il sert une fois, jusqu’au {until} ; un code d’avant ne sert plus.")
    click.echo(f"La page de l’inscription le demande. {TO_THE_MEMBER}")


@member.command()
@member_argument
@click.option("--yes", is_flag=True, help="Effacer sans demander (pour un script).")
def erase(matricule: str, yes: bool) -> None:
    """Effacer tout ce qui concerne la personne au MATRICULE, pour toujours (Loi 25)."""

    async def find(settings: Settings, db: Database, member: Member) -> Member:
        return member

    person = with_member(matricule, find)
    if not yes:
        if not sys.stdin.isatty():
            fail("Sans terminal pour répondre : ajoutez --yes.")
        click.echo(f"{matricule} {person.family_name}, {person.first_name} : seront effacés ses")
        click.echo("renseignements, son accès, ses courriels et son lien avec le journal. Rien ne")
        click.echo("les rendra.")
        if not confirmed("Effacer cette personne ?"):
            fail("Rien n’a été effacé.", code=1)

    async def work(settings: Settings, db: Database) -> bool:
        taken = Portal.assemble(settings, db, system_clock).throttle
        return await erase_person(db, taken, person, now=system_clock())

    if not with_database(work):
        fail(f"{matricule} vient d’être effacé par une autre commande.", code=1)
    click.echo(f"La personne au matricule {matricule} est effacée.")
    click.echo("Enlevez-la aussi de votre liste : l’importation la signalera sans la remettre.")
    click.echo(
        "Les sauvegardes d’avant la contiennent encore, un an au plus ; en remettre une en place "
        "l’efface de nouveau."
    )


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
