"""Whether a password is a member's: the one place that knows what was hashed of it."""

from db.accounts import AS_TYPED, Account
from members import Means
from rules.password import as_typed, normalised


async def is_password(means: Means, account: Account | None, typed: str) -> bool:
    """Whether it is that access's, at the cost of one verification; without one, it costs the same.

    A hash of the text as it was typed, from before passwords were normalised, is compared with the
    text as it is typed now: to try both forms would cost two.
    """
    form = as_typed if account and account.password_form == AS_TYPED else normalised
    return await means.passwords.verify(account.password_hash if account else None, form(typed))
