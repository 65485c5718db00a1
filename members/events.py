"""What the journal's events are called in the field's words."""

from rules import N_

EVENTS = {
    "identified": N_("Identification réussie"),
    "registered": N_("Accès créé"),
    "signed_in": N_("Connexion"),
    "signed_in_temporarily": N_("Connexion avec un mot de passe temporaire"),
    "sign_in_failed": N_("Connexion refusée"),
    "identify_failed": N_("Identification refusée"),
    "already_registered": N_("Inscription demandée malgré un accès"),
    "step_expired": N_("Étape de l’inscription expirée"),
    "signed_out": N_("Déconnexion"),
    "recovery_requested": N_("Mot de passe temporaire demandé"),
    "current_password_failed": N_("Mot de passe actuel refusé"),
    "password_changed": N_("Mot de passe changé"),
    "email_change_requested": N_("Changement d’adresse demandé"),
    "email_change_cancelled": N_("Changement d’adresse annulé"),
    "email_confirmed": N_("Adresse confirmée"),
    "email_replaced": N_("Adresse remplacée par le bureau"),
    "freeze_failed": N_("Blocage de l’accès refusé"),
    "access_frozen": N_("Accès bloqué par le lien d’un courriel"),
    "access_unfrozen": N_("Accès rouvert par le bureau"),
    "correction_requested": N_("Correction demandée au bureau"),
    "access_annulled": N_("Accès annulé par le bureau"),
    "member_deactivated": N_("Membre désactivé par le bureau"),
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
    "identify_failed": N_("Inscription"),
    "already_registered": N_("Inscription"),
    "step_expired": N_("Inscription, 2e étape"),
    "recovery_requested": N_("Mot de passe oublié ?"),
}
"""The screen on which a dead end shows its call code."""
