"""Every page and state of the portal as its HTML, each as a whole page and as a fragment in one."""

import email
import re
from collections.abc import Mapping
from email import policy
from html import unescape
from pathlib import Path

import httpx

from db import members, outbox
from db.database import FileLock
from forms.journey import FORMS
from members.annul import annul
from security.throttle import ADDRESS_ASKS
from tools.audit.office import Served
from web.answers import MADE_FOR

LOOPBACK = "127.0.0.1"
PASSWORD = "rive42sud7"  # noqa: S105 (of a fictional member)
ANOTHER = "vent58nord9"
FRANCOIS = {
    "matricule": "00875",
    "family_name": "Lapointe",
    "birth_date": "07/11/1950",
    "postal_code": "J7J 8G8",
}
SYLVIE = {
    "matricule": "33163",
    "family_name": "Lapointe",
    "birth_date": "02/01/1985",
    "postal_code": "G7J 8H5",
}
UNKNOWN = FRANCOIS | {"matricule": "99999", "birth_date": "03/03/1963"}
ADDRESS = "francois@example.org"
ACCESS = {
    "email": ADDRESS,
    "email_again": ADDRESS,
    "password": PASSWORD,
    "password_again": PASSWORD,
}
BAD = {"email": "f@", "email_again": "g@", "password": "abc", "password_again": "abd"}
CHECKED: dict[str, dict[str, str]] = {
    "good": FRANCOIS | ACCESS,
    "bad": BAD,
    "empty": {},
    "slip": {"email": "f@gmial.com"},
}
"""What the live checks are asked about."""
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "main#main"}


class Screens:
    """Walks one portal in one language; `collect()` leaves a file for each state in `folder`."""

    def __init__(self, served: Served, language: str, folder: Path) -> None:
        self.served = served
        self.language = language
        self.folder = folder
        self.shell = ""
        self.client = self._browser()

    async def collect(self) -> None:
        """Walk the guide's three parts, then what goes wrong."""
        async with self.client:
            await self._sign_in()
            await self._plain_pages()
            await self._registration()
            await self._live_checks()
            await self._members_section()
            await self._recovery()
            await self._freeze()
            await self._annulled()
            await self._development()
            await self._errors()

    async def sign_in(self) -> str:
        """Register a member; gives the cookies of the browser, as its header has them."""
        async with self.client:
            step_two = await self._led("/inscription", SYLVIE)
            token = {"token": hidden(step_two, "token"), "matricule": SYLVIE["matricule"]}
            await self._post("/inscription/acces", ACCESS | token, expect=303)
            return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    async def _sign_in(self) -> None:
        await self._see("sign-in", "/")
        await self._refused("sign-in-errors", "/", {"matricule": "", "password": ""})
        wrong = {"matricule": "00875", "password": ANOTHER}
        await self._refused("sign-in-refused", "/", wrong)
        await self._wait("sign-in-wait", "/", wrong)
        await self._captcha("sign-in", "/", wrong | {"matricule": "33163"})

    async def _plain_pages(self) -> None:
        await self._see("guide", "/aide")
        await self._see("privacy", "/confidentialite")
        await self._see("confirmation-expired", "/courriel/confirmer/x")
        await self._see("freeze-void", "/acces/bloquer/x")

    async def _registration(self) -> None:
        page = "/inscription"
        await self._see("registration", page)
        await self._refused("registration-errors", page, dict.fromkeys(FRANCOIS, ""))
        await self._refused("registration-unknown", page, UNKNOWN)
        await self._wait("registration-wait", page, UNKNOWN)
        await self._captcha("registration", page, SYLVIE | {"postal_code": "G1G 1G1"})
        step_two = await self._follow("access", page, FRANCOIS)
        token = {"token": hidden(step_two, "token"), "matricule": "00875"}
        page = "/inscription/acces"
        await self._see("access-reloaded", page)
        await self._refused("access-errors", page, dict.fromkeys(ACCESS, "") | token)
        await self._refused("access-wrong", page, BAD | token)
        await self._refused("access-expired", page, ACCESS | token | {"token": "x"})
        await self._post(page, ACCESS | token, expect=303)
        await self._see("member-first", "/membre")
        await self._refused("registration-registered", "/inscription", FRANCOIS)

    async def _live_checks(self) -> None:
        checked = [(form, field) for form in FORMS.values() for field in form.fields if field.live]
        for form, field in checked:
            for state, typed in CHECKED.items():
                names = {field.name, field.twin} - {""}
                told = {name: typed.get(name, "") for name in names}
                answer = await self.client.post(
                    f"{self.served.url}/verification/{form.name}/{field.name}",
                    data=told,
                    headers=PARTIAL | {"Portal-Language": self.language},
                )
                assert answer.status_code in (200, 422), answer
                message = f'<div class="message" id="{field.name}-message">{answer.text}</div>'
                self._keep(f"check-{form.name}-{field.name}-{state}", self._framed(message))

    async def _members_section(self) -> None:
        portal, member = self.served.portal, "/membre"
        state = await self._get(f"{member}/envoi/1", headers=PARTIAL)
        self._keep("sending", self._framed(f'<div role="status">{state.text}</div>'))
        mail = (await outbox.newest(portal.db, failed=False, limit=1))[0]
        later = portal.clock() + 60
        await portal.db.write(lambda tx: outbox.mark_failed(tx, mail.id, "450 later", later))
        await self._see("member-mail-late", member)
        state = await self._get(f"{member}/envoi/1", headers=PARTIAL)
        self._keep("sending-late", self._framed(f'<div role="status">{state.text}</div>'))
        await portal.db.write(lambda tx: outbox.mark_failed(tx, mail.id, "550 no such user", None))
        await self._see("member-mail-failed", member)
        await portal.db.write(lambda tx: outbox.requeue(tx, mail.id, portal.clock(), later))
        link = await self._in_mail(r"/courriel/confirmer/\S+")
        await self._see("member-mail-sent", member)
        await self._confirmation(link)

        await self._email()
        page = f"{member}/mot-de-passe"
        fields = {"current_password": "", "password": "", "password_again": ""}
        await self._see("password", page)
        await self._refused("password-errors", page, fields)
        wrong = {"current_password": "x", "password": ANOTHER, "password_again": ANOTHER}
        await self._refused("password-refused", page, wrong)
        await self._wait("password-wait", page, wrong)

        page = f"{member}/mes-renseignements"
        await self._see("my-data", page)
        if portal.settings.office_email:
            await self._submitted("my-data-errors", page, {}, expect=422)
            asked = {"postal_code": "1"}
            await self._follow("my-data-asked", page, asked)
            await self._wait("my-data-wait", page, asked)
        else:
            await self._submitted("my-data-errors", page, {"postal_code": "1"}, expect=422)

    async def _confirmation(self, link: str) -> None:
        async with self._browser() as stranger:
            answer = await stranger.get(self.served.url + link)
            self._keep("sign-in-to-confirm", answer.text)
        await self._see("confirmation", link)
        await self._follow("email-confirmed", link, {})

    async def _email(self) -> None:
        page = "/membre/courriel"
        await self._see("email", page)
        fields = {"email": "", "email_again": "", "current_password": ""}
        await self._refused("email-errors", page, fields)
        new = {"email": "neuf@example.org", "email_again": "neuf@example.org"}
        await self._refused("email-refused", page, new | {"current_password": "x"})
        await self._follow("email-pending", page, new | {"current_password": PASSWORD})
        await self._see("member-pending", "/membre")
        await self._follow("email-resent", f"{page}/renvoyer", {})
        await self._wait("email-wait", f"{page}/renvoyer", {})
        await self._not_yours(page)
        await self._see("my-data-pending", "/membre/mes-renseignements")

    async def _not_yours(self, page: str) -> None:
        """Another member's form and link, under this one's session."""
        portal = self.served.portal
        other = await members.by_matricule(portal.db, SYLVIE["matricule"])
        assert other
        theirs = portal.form_tokens.make(other.id, bytes(32))
        await self._refused("not-yours", page, {MADE_FOR: theirs})
        await self._refused("not-yours-old", page, {MADE_FOR: "x"})
        link = portal.tokens.confirmation.make([other.id, "0" * 16])
        await self._see("confirmation-anothers", f"/courriel/confirmer/{link}")

    async def _recovery(self) -> None:
        await self._follow("signed-out", "/deconnexion", {})
        page = "/mot-de-passe-oublie"
        await self._see("recovery", page)
        asked = await self._get(page)
        solved = self._solved(asked)
        await self._refused("recovery-errors", page, dict.fromkeys(FRANCOIS, "") | solved)
        await self._refused("recovery-empty", page, FRANCOIS | solved | {"captcha": ""})
        await self._refused("recovery-wrong", page, FRANCOIS | solved | {"captcha": "XXXXX"})
        await self._submitted("recovery-another", f"{page}/autre-image", FRANCOIS)
        await self._submitted("recovery-afresh", f"{page}/sans-image", FRANCOIS)
        waived = {"without_image": "1"}
        await self._follow("recovery-sent", page, FRANCOIS | waived)
        code = await self._in_mail(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b")
        await self._wait("recovery-wait", page, FRANCOIS | waived)
        await self._choose(code)

    async def _choose(self, code: str) -> None:
        await self._post("/", {"matricule": "00875", "password": code}, expect=303)
        page = "/membre/nouveau-mot-de-passe"
        await self._see("choose", page)
        await self._refused("choose-errors", page, {"password": "", "password_again": ""})
        chosen = {"password": ANOTHER, "password_again": ANOTHER}
        await self._follow("member", page, chosen)

    async def _freeze(self) -> None:
        page = await self._in_mail(r"/acces/bloquer/\S+")
        await self._see("freeze", page)
        await self._refused("freeze-errors", page, {"matricule": "", "birth_date": ""})
        facts = {name: FRANCOIS[name] for name in ("matricule", "birth_date")}
        await self._refused("freeze-refused", page, facts | {"matricule": "99999"})
        await self._submitted("freeze-done", page, facts)

    async def _annulled(self) -> None:
        db, now = self.served.portal.db, self.served.portal.clock()
        member = await members.by_matricule(db, "00875")
        assert member
        await db.write(lambda tx: annul(tx, member.id, now=now, actor="office"))
        step_two = await self._follow("access-code", "/inscription", FRANCOIS)
        fields = ACCESS | {"token": hidden(step_two, "token"), "matricule": "00875"}
        page = "/inscription/acces"
        await self._refused("access-code-errors", page, fields | {"office_code": "7KQM"})
        await self._refused("access-code-wrong", page, fields | {"office_code": "7KQM-2XPD"})
        await self._wait("access-code-wait", page, fields | {"office_code": "7KQM-2XPD"})

    async def _development(self) -> None:
        await self._see("mails", "/dev/courriels")
        for number, mail in enumerate(await self.served.mails()):
            await self._see(f"mail-{number}", f"/dev/courriels/{mail.name}")

    async def _errors(self) -> None:
        await self._refused("error-400", "/", {"unknown": "1"}, 400)
        elsewhere = {"origin": "https://example.com"}
        self._keep("error-403", (await self._post("/", {}, expect=403, headers=elsewhere)).text)
        await self._see("error-404", "/rien", 404)
        await self._see("error-405", "/deconnexion", 405)
        await self._refused("error-413", "/", {"matricule": "x" * 20_000}, 413)
        self.served.clock.broken = True
        await self._refused("error-500", "/inscription", FRANCOIS, 500)
        self.served.clock.broken = False
        with FileLock(self.served.portal.settings.database):
            fields = {"matricule": "00875", "password": "x"}
            await self._submitted("error-503", "/", fields, expect=503)

    async def _captcha(self, name: str, page: str, fields: Mapping[str, str]) -> None:
        """The captcha that a form asks for where an address tries too much."""
        throttle = self.served.portal.throttle
        while not await throttle.take(ADDRESS_ASKS, LOOPBACK):
            pass
        asked = await self._refused(f"{name}-captcha", page, fields)
        solved = self._solved(asked)
        await self._refused(f"{name}-captcha-wrong", page, {**fields, **solved, "captcha": "XXXXX"})
        asked = await self._post(page, fields, expect=422)
        patient = {"challenge": hidden(asked, "challenge"), "captcha": "", "without_image": "1"}
        await self._refused(f"{name}-captcha-patience", page, {**fields, **patient})
        await throttle.clear(ADDRESS_ASKS, LOOPBACK)

    async def _in_mail(self, pattern: str) -> str:
        """What the newest mail that has such a text says."""
        for mail in reversed(await self.served.mails()):
            found = re.search(pattern, text_of(mail))
            if found:
                return found[0]
        raise AssertionError(f"no mail with {pattern}")

    async def _wait(self, name: str, page: str, fields: Mapping[str, str]) -> None:
        """Try until the portal asks to wait."""
        for _ in range(20):
            answer = await self._ask("POST", page, fields)
            if answer.status_code == 429:
                await self._refused(name, page, fields, 429)
                return
        raise AssertionError(f"{page} never asks to wait")

    async def _see(self, name: str, page: str, status: int = 200) -> None:
        answer = await self._get(page, status)
        self.shell = self.shell or answer.text
        self._keep(name, answer.text)
        self._keep(f"{name}-part", self._framed((await self._get(page, status, PARTIAL)).text))

    async def _refused(
        self, name: str, page: str, fields: Mapping[str, str], status: int = 422
    ) -> httpx.Response:
        """What changes nothing can be asked for twice: as a page, then as a fragment."""
        part = await self._post(page, fields, expect=status, headers=PARTIAL)
        self._keep(f"{name}-part", self._framed(part.text))
        return await self._submitted(name, page, fields, expect=status)

    async def _submitted(
        self, name: str, page: str, fields: Mapping[str, str], *, expect: int = 200
    ) -> httpx.Response:
        answer = await self._post(page, fields, expect=expect)
        self._keep(name, answer.text)
        return answer

    async def _follow(self, name: str, page: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form that leads on; the next page is kept with what it greets with."""
        landed = await self._led(page, fields)
        self._keep(name, landed.text)
        return landed

    async def _led(self, page: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form; the page that it leads to."""
        answer = await self._post(page, fields, expect=303)
        there = httpx.URL(self.served.url).join(answer.headers["location"])
        landed = await self.client.get(there)
        assert landed.status_code == 200, landed
        return landed

    async def _get(
        self, page: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        answer = await self.client.get(self.served.url + page, headers=headers)
        assert answer.status_code == status, f"{page}: {answer.status_code}, not {status}"
        return answer

    async def _post(
        self,
        page: str,
        fields: Mapping[str, str],
        *,
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        answer = await self._ask("POST", page, fields, headers)
        assert answer.status_code == expect, f"{page}: {answer.status_code}, not {expect}"
        return answer

    async def _ask(
        self,
        method: str,
        page: str,
        fields: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        url = self.served.url + page
        if page.startswith("/membre/") and method == "POST" and MADE_FOR not in fields:
            form = await self.client.get(url.removesuffix("/renvoyer"))
            fields = {**fields, MADE_FOR: hidden(form, MADE_FOR)}
        return await self.client.request(method, url, data=fields, headers=headers)

    def _browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={"Accept-Language": self.language}, timeout=30)

    def _solved(self, answer: httpx.Response) -> dict[str, str]:
        token = hidden(answer, "challenge")
        return {
            "challenge": token,
            "captcha": self.served.portal.challenges.answer(token) or "",
        }

    def _framed(self, fragment: str) -> str:
        """The first page with that fragment where the script would put it."""
        before, main, rest = re.split(r"(<main\b[^>]*>)", self.shell, maxsplit=1)
        title = re.match(r"\s*<title>.*?</title>", fragment, re.S)
        if title:
            fragment = fragment[title.end() :]
            before = re.sub(r"<title>.*?</title>", lambda _: title[0].strip(), before, flags=re.S)
        return before + main + fragment + "</main>" + rest.split("</main>", 1)[1]

    def _keep(self, name: str, html: str) -> None:
        path = self.folder / f"{name}.html"
        assert not path.exists(), name
        path.write_text(html, "utf-8")


def hidden(answer: httpx.Response, name: str) -> str:
    """The value of a hidden field of the page."""
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found, f"no {name} in {answer.url}"
    return unescape(found[1])


def text_of(mail: Path) -> str:
    """What a person reads of a mail."""
    message = email.message_from_bytes(mail.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body
    content: str = body.get_content()
    return content
