"""A mail's bytes, looked at before the first of them leaves (SECURITY X2)."""

import re
from email.message import EmailMessage

_FOLD = re.compile(rb"\r\n(?=[ \t])")


def serialize(message: EmailMessage) -> bytes:
    """The mail as it goes out; raises ValueError where its headers would not be the ones set.

    Python's own email package (before 3.11.10 and 3.12.5, CVE-2024-6923) unfolds an encoded word
    in an address into line breaks: another header, or text in the body. So the bytes are read
    again: the same headers in the same order, and one recipient, to the letter.
    """
    wire = message.as_bytes()
    head, ends, body = wire.partition(b"\r\n\r\n")
    lines = _FOLD.sub(b"", head).split(b"\r\n")
    names = [line.partition(b":")[0].decode("latin-1") for line in lines]
    values = dict(zip(names, (line.partition(b":")[2].strip() for line in lines), strict=True))
    boundary = message.get_boundary() or ""
    if (
        names != message.keys()
        or values.get("To") != addresses(message, "To")[0].encode()
        or any(byte in b"\r\n\0" for line in lines for byte in line)
        or not ends
        or not body.startswith(f"--{boundary}\r\n".encode())
    ):
        raise ValueError("un en-tête du courriel ne serait pas celui qui est voulu")
    return wire


def addresses(message: EmailMessage, header: str) -> list[str]:
    """The addresses alone that this header was set to."""
    return [address.addr_spec for address in message[header].addresses]
