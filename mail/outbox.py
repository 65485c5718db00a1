"""Queueing a mail inside the transaction that causes it."""

from collections.abc import Awaitable, Callable
from typing import Any

from db import outbox
from db.database import Transaction

MessageFunction = Callable[..., Awaitable[Any]]


async def queue(
    tx: Transaction,
    message: MessageFunction,
    recipient: str | None,
    *,
    now: int,
    member_id: int | None,
    about: str = "",
) -> None:
    """Queue `message` (a function of `mail.messages`) to `recipient`; with None nothing leaves.

    `about` holds names of ours that the message needs, never text that somebody typed.
    """
    await outbox.add(tx, message.__name__, recipient, now, member_id, about)
