"""The cast of the tests, each with a stated role."""

from collections.abc import Iterable
from dataclasses import dataclass

from db import members
from db.database import Database
from rules.name import name_key


@dataclass(frozen=True)
class Person:
    """One line of the roster, and what the person types."""

    matricule: str
    family_name: str
    first_name: str
    birth_date: str
    postal_code: str
    email: str | None = None
    password: str = "rive42sud7"

    @property
    def facts(self) -> dict[str, str]:
        """The four facts as the form's body has them."""
        return {
            "matricule": self.matricule,
            "family_name": self.family_name,
            "birth_date": self.birth_date,
            "postal_code": self.postal_code,
        }

    def access(self, token: str, email: str = "", password: str = "") -> dict[str, str]:
        """Step two's body."""
        address, secret = email or f"{self.matricule}@example.com", password or self.password
        return {
            "token": token,
            "matricule": self.matricule,
            "email": address,
            "email_again": address,
            "password": secret,
            "password_again": secret,
        }


# The one whose journey is told: on the roster with an address, no access yet.
FRANCOIS = Person(
    "00875", "Lapointe", "François", "07/11/1950", "J7J 8G8", "francois.lapointe@example.org"
)
# The roster knows no address of hers.
SYLVIE = Person("33163", "Lapointe", "Sylvie", "02/01/1985", "G7J 8H5")
# Everything that makes a name hard to compare.
MARIE = Person("10411", "St-Onge d’Amours", "Marie-Ève", "29/02/1944", "H2L 4K1")
# A couple who share one address (she is Nicole).
ANDRE = Person("20001", "Bœuf", "André", "01/05/1948", "G1R 2B5", "bœuf@example.org")
NICOLE = Person("20002", "Tremblay", "Nicole", "11/12/1949", "G1R 2B5", "bœuf@example.org")
# No longer a member: on the roster, not active.
GASTON = Person("77777", "Gagné", "Gaston", "15/08/1939", "J4K 1A1", "gaston@example.org")
# Nobody: the roster does not know these facts.
NOBODY = Person("99999", "Personne", "Zoé", "03/03/1963", "K1A 0B1")

EVERYONE = (FRANCOIS, SYLVIE, MARIE, ANDRE, NICOLE, GASTON)


async def enrol(db: Database, people: Iterable[Person]) -> None:
    """Put people on the roster; Gaston is not active any more."""
    lines = []
    for person in people:
        day, month, year = person.birth_date.split("/")
        lines.append(
            (
                person.matricule,
                person.family_name,
                person.first_name,
                name_key(person.family_name),
                name_key(person.first_name),
                f"{year}-{month}-{day}",
                person.postal_code,
                person.email,
            )
        )
    await db.write(lambda tx: members.save(tx, lines))
    await db.write(
        lambda tx: tx.execute(
            "UPDATE member SET active = 0 WHERE matricule = ?", (GASTON.matricule,)
        )
    )
