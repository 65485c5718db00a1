"""One backup is one `.tar.gz`: the database, the secret keys and what they should hold."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from db.copies import Content, Unsound, examine
from upkeep.files import private_file

DATABASE, KEYS, MANIFEST = "portal.db", "portal.key", "manifest.json"


class NotABackup(Exception):
    """The file is no intact backup of the portal; the message says what is wrong, in French."""


@dataclass(frozen=True, slots=True)
class Backup:
    """An archive's parts; `database` is the unpacked file, found sound."""

    made_at: datetime
    database: Path
    content: Content
    keys: tuple[str, ...]


def pack(backup: Backup, archive: Path) -> None:
    """Write the archive (mode 0600)."""
    manifest = {
        "made_at": backup.made_at.isoformat(),
        "sha256": _digest(backup.database),
        **asdict(backup.content),
    }
    parts = {
        MANIFEST: json.dumps(manifest, indent=1).encode(),
        KEYS: "".join(f"{key}\n" for key in backup.keys).encode(),
    }
    with (
        private_file(archive) as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar,
    ):
        for name, data in parts.items():
            tar.addfile(_entry(name, len(data), backup.made_at), io.BytesIO(data))
        with backup.database.open("rb") as database:
            size = backup.database.stat().st_size
            tar.addfile(_entry(DATABASE, size, backup.made_at), database)


def unpack(archive: Path, folder: Path) -> Backup:
    """Unpack into `folder` and look whether all is there and sound.

    Raises `NotABackup`; `OSError` when the archive cannot be read or the folder not written.
    """
    database = folder / DATABASE
    try:
        with gzip.open(archive) as plain, tarfile.open(fileobj=plain, mode="r:") as tar:
            manifest = json.loads(_part(tar, MANIFEST).read())
            keys = tuple(_part(tar, KEYS).read().decode("ascii").split())
            with private_file(database) as file:
                shutil.copyfileobj(_part(tar, DATABASE), file)
            while plain.read(1 << 20):
                pass  # only at its end is gzip's own checksum looked at
        if _digest(database) != manifest["sha256"]:
            raise NotABackup("la base de données n’est plus celle qui a été sauvegardée")
        content = Content(manifest["schema"], manifest["rows"])
        if examine(database) != content:
            raise NotABackup("la base de données ne contient pas ce qui a été compté")
        if not keys:
            raise NotABackup("la clé manque")
        return Backup(datetime.fromisoformat(manifest["made_at"]), database, content, keys)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise NotABackup("le fichier est abîmé ou n’est pas une sauvegarde du portail") from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise NotABackup("il manque une partie de la sauvegarde") from error
    except Unsound as error:
        raise NotABackup(f"la base de données est abîmée ({error})") from error
    except OSError as error:
        if error.errno is None:  # gzip's own complaints are an OSError without a number
            raise NotABackup("le fichier est abîmé") from error
        raise


def _entry(name: str, size: int, moment: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(moment.timestamp())
    return entry


def _part(tar: tarfile.TarFile, name: str) -> BinaryIO:
    part = tar.extractfile(name)
    if part is None:
        raise KeyError(name)
    return part  # type: ignore[return-value]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
