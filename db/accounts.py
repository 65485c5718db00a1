"""Table `account`: one row a member who has an access."""

from dataclasses import dataclass

from db.database import Reader, Transaction

COLUMNS = (
    "member_id, email, email_confirmed_at, password_hash, password_changed_at, consent_version,"
    " consented_at, language, created_at, frozen_at, password_form"
)

AS_TYPED = 1
NORMALISED = 2
"""What was hashed of a password: the text as it was typed, or its normalised form."""


@dataclass(frozen=True, slots=True)
class Account:
    """A member's access; times are seconds since 1970, UTC."""

    member_id: int
    email: str
    email_confirmed_at: int | None
    password_hash: str
    password_changed_at: int
    consent_version: str
    consented_at: int
    language: str
    created_at: int
    frozen_at: int | None
    password_form: int = NORMALISED


async def by_member(db: Reader, member_id: int) -> Account | None:
    """The access of that member."""
    row = await db.one(f"SELECT {COLUMNS} FROM account WHERE member_id = ?", (member_id,))
    return Account(*row) if row else None


async def by_matricule(db: Reader, matricule: str) -> Account | None:
    """The access of the active member of that matricule."""
    row = await db.one(
        f"SELECT {COLUMNS} FROM account"
        " WHERE member_id = (SELECT id FROM member WHERE matricule = ? AND active)",
        (matricule,),
    )
    return Account(*row) if row else None


async def add(tx: Transaction, account: Account) -> bool:
    """Insert the access unless the member has one, or is gone; says whether it did."""
    values = (
        account.email,
        account.email_confirmed_at,
        account.password_hash,
        account.password_changed_at,
        account.consent_version,
        account.consented_at,
        account.language,
        account.created_at,
        account.frozen_at,
        account.password_form,
    )
    added = await tx.execute(
        f"INSERT INTO account ({COLUMNS})"
        " SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM member WHERE id = ? ON CONFLICT DO NOTHING",
        (*values, account.member_id),
    )
    return added == 1


async def set_password(tx: Transaction, member_id: int, password_hash: str, now: int) -> None:
    """Keep the hash of a new password's normalised form."""
    await tx.execute(
        "UPDATE account SET password_hash = ?, password_changed_at = ?, password_form = ?"
        " WHERE member_id = ?",
        (password_hash, now, NORMALISED, member_id),
    )


async def set_normalised(tx: Transaction, member_id: int) -> None:
    """Note that the hash is of a password whose normalised form is the text as it was typed."""
    await tx.execute(
        "UPDATE account SET password_form = ? WHERE member_id = ?", (NORMALISED, member_id)
    )


async def set_email(tx: Transaction, member_id: int, email: str, confirmed_at: int | None) -> None:
    """Put an address on file; None: it is still to be confirmed."""
    await tx.execute(
        "UPDATE account SET email = ?, email_confirmed_at = ? WHERE member_id = ?",
        (email, confirmed_at, member_id),
    )


async def set_language(tx: Transaction, member_id: int, language: str) -> None:
    """Keep the language that the member chose."""
    await tx.execute("UPDATE account SET language = ? WHERE member_id = ?", (language, member_id))


async def set_frozen(tx: Transaction, member_id: int, frozen_at: int | None) -> None:
    """Freeze the access, or with None let it serve again."""
    await tx.execute("UPDATE account SET frozen_at = ? WHERE member_id = ?", (frozen_at, member_id))


async def shares_email(db: Reader, email: str, member_id: int) -> bool:
    """Whether another member has this address too, for an access or on the roster."""
    row = await db.one(
        "SELECT 1 FROM account WHERE email = :email COLLATE NOCASE AND member_id <> :member_id"
        " UNION ALL SELECT 1 FROM member"
        " WHERE email = :email COLLATE NOCASE AND id <> :member_id AND active LIMIT 1",
        {"email": email, "member_id": member_id},
    )
    return row is not None


async def remove(tx: Transaction, member_id: int) -> bool:
    """Erase the access and all that hangs on it; says whether there was one."""
    return await tx.execute("DELETE FROM account WHERE member_id = ?", (member_id,)) == 1


async def created_since(db: Reader, since: int) -> list[tuple[str, str, str, str, int]]:
    """The new accesses: (matricule, family name, first name, e-mail, created at), oldest first."""
    return [
        (matricule, family, first, email, created)
        for matricule, family, first, email, created in await db.all(
            "SELECT matricule, family_name, first_name, account.email, created_at"
            " FROM account JOIN member ON member.id = member_id"
            " WHERE created_at >= ? ORDER BY created_at, matricule",
            (since,),
        )
    ]


async def creation_times(db: Reader) -> list[int]:
    """When each access was created (seconds since 1970, UTC), oldest first."""
    return [row[0] for row in await db.all("SELECT created_at FROM account ORDER BY created_at")]
