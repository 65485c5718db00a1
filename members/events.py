"""What the journal's events are called in the field's words."""

from rules import N_
from security import throttle

EVENTS = {
    "identified": N_("Identification réussie"),
    "registered": N_("Accès créé"),
    "signed_in": N_("Connexion"),
    "signed_in_temporarily": N_("Connexion avec un mot de passe temporaire"),
    "sign_in_failed": N_("Connexion refusée"),
    "sign_in_throttled": N_("Connexion remise à plus tard : trop d’essais"),
    "identify_failed": N_("Identification refusée"),
    "identify_throttled": N_("Identification remise à plus tard : trop d’essais"),
    "already_registered": N_("Inscription demandée malgré un accès"),
    "step_expired": N_("Étape de l’inscription expirée"),
    "office_code_failed": N_("Code du bureau refusé"),
    "office_code_throttled": N_("Code du bureau remis à plus tard : trop d’essais"),
    "signed_out": N_("Déconnexion"),
    "recovery_requested": N_("Mot de passe temporaire demandé"),
    "recovery_throttled": N_("Mot de passe temporaire remis à plus tard : trop d’essais"),
    "current_password_failed": N_("Mot de passe actuel refusé"),
    "current_password_throttled": N_("Mot de passe actuel remis à plus tard : trop d’essais"),
    "request_throttled": N_("Courriel remis à plus tard : trop de demandes"),
    "password_changed": N_("Mot de passe changé"),
    "email_change_requested": N_("Changement d’adresse demandé"),
    "email_change_cancelled": N_("Changement d’adresse annulé"),
    "email_confirmed": N_("Adresse confirmée"),
    "email_replaced": N_("Adresse remplacée par le bureau"),
    "freeze_failed": N_("Blocage de l’accès refusé"),
    "link_void": N_("Lien d’un courriel qui ne sert plus"),
    "freeze_throttled": N_("Blocage de l’accès remis à plus tard : trop d’essais"),
    "access_frozen": N_("Accès bloqué par le lien d’un courriel"),
    "access_unfrozen": N_("Accès rouvert par le bureau"),
    "correction_requested": N_("Correction demandée au bureau"),
    "access_annulled": N_("Accès annulé par le bureau"),
    "office_code_made": N_("Code du bureau donné pour une nouvelle inscription"),
    "member_deactivated": N_("Membre désactivé par le bureau"),
    "member_erased": N_("Une personne effacée"),
    "roster_imported": N_("Liste des membres chargée"),
    "purged": N_("Données périmées effacées"),
    "backed_up": N_("Sauvegarde faite et relue"),
    "backup_failed": N_("Sauvegarde manquée"),
    "restored": N_("Sauvegarde remise en place"),
    "key_rotated": N_("Clé secrète remplacée"),
}

ACTORS = {
    "member": N_("le membre"),
    "visitor": N_("un visiteur"),
    "office": N_("le bureau"),
    "portal": N_("le portail"),
}
"""Who did what the journal tells."""

SCREENS = {
    "sign_in_failed": N_("Se connecter"),
    "sign_in_throttled": N_("Se connecter"),
    "identify_failed": N_("Inscription"),
    "identify_throttled": N_("Inscription"),
    "already_registered": N_("Inscription"),
    "step_expired": N_("Inscription, 2e étape"),
    "office_code_failed": N_("Inscription, 2e étape"),
    "office_code_throttled": N_("Inscription, 2e étape"),
    "recovery_requested": N_("Mot de passe oublié ?"),
    "recovery_throttled": N_("Mot de passe oublié ?"),
    "current_password_failed": N_("Section des membres"),
    "current_password_throttled": N_("Section des membres"),
    "request_throttled": N_("Section des membres"),
    "freeze_failed": N_("Ce n’est pas vous ? Bloquer l’accès"),
    "freeze_throttled": N_("Ce n’est pas vous ? Bloquer l’accès"),
    "access_frozen": N_("Ce n’est pas vous ? Bloquer l’accès"),
    "link_void": N_("Lien d’un courriel"),
}
"""The screen on which a dead end shows its call code."""

FACTS = {
    "matricule": N_("le matricule"),
    "family_name": N_("le nom de famille"),
    "birth_date": N_("la date de naissance"),
    "postal_code": N_("le code postal"),
}
"""The facts that may differ."""
MAILS = "mails"
"""The detail of an entry about too many mails that were asked for."""
SHARED = "shared"
"""The detail of an entry that stands for many, when visitors made too many."""
REASONS = {
    "active": N_("n’est plus membre actif dans la liste"),
    "unknown": N_("aucun membre de la liste n’a ce matricule"),
    "inactive": N_("n’est plus membre actif dans la liste"),
    "no_access": N_("n’a pas d’accès : à inscrire d’abord"),
    "frozen": N_("l’accès est bloqué"),
    SHARED: N_("trop d’essais à la fois : cette ligne vaut pour plusieurs visiteurs"),
    "wrong_password": N_("mauvais mot de passe, ou temporaire qui ne sert plus"),
    "changed": N_("l’accès a été changé ou retiré au même moment"),
    "code_wrong": N_("ce n’est pas le code du bureau"),
    "code_expired": N_("le code du bureau a plus de sept jours"),
    "code_missing": N_("le bureau n’a pas encore donné de code"),
    "term": N_("le délai de conservation était passé"),
    "again": N_("de nouveau, après une sauvegarde remise en place"),
    "with_code": N_("avec le code du bureau"),
    "email_page": N_("à la page du courriel"),
    "password_page": N_("à la page du mot de passe"),
}
"""Why a try did not pass, or where it was made."""
WAITS = {
    throttle.SIGN_IN.name: N_("se connecter"),
    throttle.SIGN_IN_KNOWN.name: N_("se connecter, d’un appareil connu"),
    throttle.CURRENT_PASSWORD.name: N_("mot de passe actuel"),
    throttle.IDENTIFY_MATRICULE.name: N_("inscription, ce matricule"),
    throttle.IDENTIFY_FACTS.name: N_("inscription, ces renseignements"),
    throttle.OFFICE_CODE.name: N_("inscription, code du bureau"),
    throttle.SENT_AGAIN.name: N_("inscription envoyée de nouveau"),
    throttle.PASSWORD_SENT_AGAIN.name: N_("mot de passe envoyé de nouveau"),
    throttle.RECOVER_WITHOUT_IMAGE.name: N_("mot de passe oublié, sans l’image"),
    throttle.ADDRESS_REFUSES.name: N_("tous les formulaires"),
}
"""What each limit makes a member wait for."""


FORMER = {
    "recover, matricule": N_("mot de passe oublié, ce matricule"),
    "recover, facts": N_("mot de passe oublié, ces renseignements"),
    "send again": N_("renvoyer un courriel"),
}
"""The same for limits that are no more, which the journal still holds."""


def awaited(detail: str) -> str:
    """What an entry says that somebody must wait for; empty where it is no wait."""
    return {**FORMER, **WAITS, MAILS: N_("courriels")}.get(detail, "")


def told(detail: str) -> list[str]:
    """What the `detail` of an entry says, in the field's words (French, for the catalogues)."""
    if awaited(detail):
        return [awaited(detail)]
    known = FACTS | REASONS
    return [known.get(name, name) for name in detail.split(",") if name]
