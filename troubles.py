"""What the system and SQLite answer, in short French sentences that say what to do."""

import errno
import sqlite3

BUSY = "la base de données est occupée : réessayez dans une minute"

_SYSTEM = {
    errno.ENOENT: "ce fichier ou ce dossier n’existe pas",
    errno.EACCES: "vous n’avez pas le droit de le lire ou de l’écrire",
    errno.EPERM: "vous n’avez pas le droit de le lire ou de l’écrire",
    errno.EISDIR: "c’est un dossier, pas un fichier",
    errno.ENOTDIR: "un fichier se trouve là où il faut un dossier",
    errno.EEXIST: "il y a déjà un fichier ou un dossier de ce nom",
    errno.ENAMETOOLONG: "ce nom de fichier est trop long",
    errno.ELOOP: "ses liens tournent en rond",
    errno.ENOSPC: "le disque est plein : libérez de la place",
    errno.EDQUOT: "le disque est plein : libérez de la place",
    errno.EROFS: "ce disque ne peut qu’être lu",
    errno.EIO: "le disque répond mal : vérifiez qu’il est bien branché",
}
_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_NOTADB: "ce n’est pas une base de données : remettez une sauvegarde"
    " (« manage.py restore »)",
    sqlite3.SQLITE_CORRUPT: "le fichier est abîmé : remettez une sauvegarde"
    " (« manage.py restore »)",
    sqlite3.SQLITE_READONLY: "le fichier ne peut être écrit : vérifiez ses droits et ceux de son"
    " dossier",
    sqlite3.SQLITE_CANTOPEN: "le fichier ne s’ouvre pas : vérifiez qu’il existe, ses droits et"
    " ceux de son dossier",
    sqlite3.SQLITE_PERM: _SYSTEM[errno.EACCES],
    sqlite3.SQLITE_FULL: _SYSTEM[errno.ENOSPC],
    sqlite3.SQLITE_IOERR: _SYSTEM[errno.EIO],
}


def reason(error: BaseException) -> str:
    """Why it did not go, without a full stop; what is not known here is quoted as it came."""
    if isinstance(error, sqlite3.Error):
        if isinstance(error.__cause__, OSError):  # the lock beside the database
            return reason(error.__cause__)
        words = _SQLITE.get(_code(error))
        return words or f"SQLite répond « {error} »"
    if isinstance(error, OSError):
        words = _SYSTEM.get(error.errno or 0)
        return words or f"le système répond « {error.strerror or error} »"
    if isinstance(error, UnicodeError):
        return "ce n’est pas un fichier de texte"
    return str(error)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether trying again in a minute is all that is needed."""
    return _SQLITE.get(_code(error)) == BUSY


def is_damage(error: Exception) -> bool:
    """Whether SQLite finds the file itself broken: only then is a backup to be put in place."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
