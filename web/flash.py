"""Sentences that greet the visitor on the next page; a cookie carries their key, no text."""

from rules import N_

SENTENCES = {
    "signed_out": N_("Vous êtes déconnecté. À bientôt !"),
    "sign_in_first": N_(
        "Connectez-vous pour voir cette page. Une session prend fin après 30 minutes sans activité."
    ),
    "session_ended": N_(
        "Votre session a pris fin. Connectez-vous : vous retrouverez ce que vous aviez écrit."
    ),
    "typed_kept": N_("Voici ce que vous aviez écrit. Rien n’est encore envoyé."),
    # What becomes of the mail itself is told beside these (web.sending).
    "registered": N_(
        "Votre accès est créé. Il reste à confirmer votre adresse par le courriel de bienvenue."
    ),
    "password_changed": N_("Votre nouveau mot de passe est enregistré."),
    "chosen_before": N_(
        "Vous aviez déjà choisi un autre mot de passe : c’est lui qui sert, "
        "celui-ci n’est pas enregistré."
    ),
    "email_pending": N_(
        "Presque terminé : ouvrez le courriel que reçoit votre nouvelle adresse, pour la confirmer."
    ),
    "email_resent": N_("Le courriel de confirmation est demandé de nouveau."),
    "email_cancelled": N_("Le changement d’adresse est annulé."),
    "email_confirmed": N_("Merci ! Votre adresse courriel est confirmée."),
    "correction_requested": N_(
        "Votre demande est envoyée au bureau, qui vous joindra pour la correction."
    ),
    "link_expired": N_("Ce lien ne sert plus. Vous pouvez en demander un autre à cette page."),
}
