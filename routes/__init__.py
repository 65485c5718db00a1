"""The whole URL table."""

from starlette.routing import Route

from routes import (
    account,
    challenge,
    checks,
    confirmation,
    development,
    freeze,
    health,
    my_data,
    pages,
    recovery,
    registration,
    sending,
    session,
)
from settings import Settings


def routes(settings: Settings) -> list[Route]:
    """Every route of the portal; the ones of development only where it is on."""
    table = [
        # First, because they are asked most: routes are tried one after the other.
        Route("/verification/{form}/{field}", checks.check, name="check", methods=["POST"]),
        Route("/membre", account.home, name="member"),
        Route("/", session.sign_in_page, name="home"),
        Route("/", session.sign_in, name="sign_in", methods=["POST"]),
        Route("/deconnexion", session.sign_out, name="sign_out", methods=["POST"]),
        Route("/inscription", registration.start, name="registration"),
        Route("/inscription", registration.identify, name="identify", methods=["POST"]),
        Route("/inscription/acces", registration.restart, name="access"),
        Route("/inscription/acces/{mark}", registration.step_two, name="step_two"),
        Route("/inscription/acces", registration.complete, name="complete", methods=["POST"]),
        Route("/mot-de-passe-oublie", recovery.start, name="recovery"),
        Route("/mot-de-passe-oublie", recovery.send, name="recover", methods=["POST"]),
        Route("/mot-de-passe-oublie/envoye/{code}", recovery.sent, name="sent"),
        # The addresses that the form's two buttons leave in the bar where there are no scripts.
        Route("/mot-de-passe-oublie/autre-image", recovery.start, name="recovery_again"),
        Route("/mot-de-passe-oublie/sans-image", recovery.start, name="recovery_afresh"),
        Route(
            "/mot-de-passe-oublie/autre-image",
            recovery.another_image,
            name="another_image",
            methods=["POST"],
        ),
        Route(
            "/mot-de-passe-oublie/sans-image",
            recovery.without_image,
            name="without_image",
            methods=["POST"],
        ),
        Route("/captcha/{token}.wav", challenge.sound, name="sound"),
        Route("/membre/envoi/{turn:int}", sending.state, name="sending"),
        Route("/membre/courriel", account.email, name="email"),
        Route("/membre/courriel", account.change_email, name="change_email", methods=["POST"]),
        Route(
            "/membre/courriel/renvoyer",
            account.resend_confirmation,
            name="resend_confirmation",
            methods=["POST"],
        ),
        Route(
            "/membre/courriel/annuler",
            account.cancel_email_change,
            name="cancel_email_change",
            methods=["POST"],
        ),
        Route("/membre/mot-de-passe", account.password, name="password"),
        Route(
            "/membre/mot-de-passe",
            account.change_password,
            name="change_password",
            methods=["POST"],
        ),
        Route("/membre/nouveau-mot-de-passe", account.choose_password, name="choose_password"),
        Route(
            "/membre/nouveau-mot-de-passe",
            account.save_password,
            name="save_password",
            methods=["POST"],
        ),
        Route("/.well-known/change-password", account.well_known, name="well_known"),
        Route("/membre/mes-renseignements", my_data.show, name="my_data"),
        Route(
            "/membre/mes-renseignements",
            my_data.request_correction,
            name="request_correction",
            methods=["POST"],
        ),
        Route("/membre/mes-renseignements.json", my_data.download, name="download"),
        Route("/courriel/confirmer/{token}", confirmation.show, name="confirmation"),
        Route(
            "/courriel/confirmer/{token}", confirmation.confirm, name="confirm", methods=["POST"]
        ),
        Route("/acces/bloquer/{token}", freeze.show, name="freeze"),
        Route("/acces/bloquer/{token}", freeze.block, name="block", methods=["POST"]),
        Route("/aide", pages.guide, name="help"),
        Route("/confidentialite", pages.privacy, name="privacy"),
        Route("/manifest.webmanifest", pages.manifest, name="manifest"),
        Route("/sante", health.health, name="health"),
        Route("/static/{name}", pages.static, name="static"),
    ]
    if settings.development:
        table += [
            Route("/dev/courriels", development.mails, name="dev_mails"),
            Route("/dev/courriels/{name}", development.mail, name="dev_mail"),
        ]
    return table
