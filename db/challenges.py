"""Table `spent_challenge`: captchas that were tried already."""

from db.database import Transaction


async def spend(tx: Transaction, nonce: bytes, expires_at: int) -> bool:
    """Note a captcha as tried; False when it was already."""
    added = await tx.execute(
        "INSERT INTO spent_challenge (nonce, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (nonce, expires_at),
    )
    return added == 1


async def purge(tx: Transaction, now: int) -> int:
    """Erase those that are too old to be tried anyway; gives how many."""
    return await tx.execute("DELETE FROM spent_challenge WHERE expires_at <= ?", (now,))
