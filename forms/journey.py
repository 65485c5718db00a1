"""Every form of the portal."""

from dataclasses import replace

from forms import Form
from forms.fields import (
    BIRTH_DATE,
    CURRENT_PASSWORD,
    EMAIL,
    EMAIL_AGAIN,
    FAMILY_NAME,
    MATRICULE,
    NEW_PASSWORD,
    NEW_PASSWORD_AGAIN,
    OFFICE_CODE,
    PASSWORD,
    POSTAL_CODE,
)
from rules import N_

FACTS = (MATRICULE, FAMILY_NAME, BIRTH_DATE, POSTAL_CODE)

ASKED = frozenset({"captcha", "challenge", "without_image"})
"""The names of the captcha, where it is asked."""

SIGN_IN = Form("connexion", (MATRICULE, PASSWORD), ASKED | {"confirmation"})
IDENTIFY = Form("identite", FACTS, ASKED | {"kept_email"})
ACCESS = Form(
    "acces",
    (EMAIL, EMAIL_AGAIN, NEW_PASSWORD, NEW_PASSWORD_AGAIN),
    frozenset({"token", "matricule"}),
)
ACCESS_WITH_CODE = Form(ACCESS.name, (OFFICE_CODE, *ACCESS.fields), ACCESS.hidden)
"""The same where the office took back an access from before."""
RECOVERY = Form("recuperation", FACTS, ASKED)
CHANGE_EMAIL = Form(
    "courriel",
    (
        replace(EMAIL, label=N_("Nouveau courriel")),
        replace(EMAIL_AGAIN, label=N_("Confirmer le nouveau courriel")),
        CURRENT_PASSWORD,
    ),
    frozenset({"username"}),
)
CHANGE_PASSWORD = Form(
    "mot-de-passe",
    (
        CURRENT_PASSWORD,
        replace(NEW_PASSWORD, label=N_("Nouveau mot de passe")),
        replace(NEW_PASSWORD_AGAIN, label=N_("Confirmer le nouveau mot de passe")),
    ),
    frozenset({"username"}),
)
CHOOSE_PASSWORD = Form(
    "nouveau-mot-de-passe",
    CHANGE_PASSWORD.fields[1:],
    frozenset({"username"}),
)
FREEZE = Form("bloquer", (replace(MATRICULE, autocomplete="off"), BIRTH_DATE))

FORMS = {
    form.name: form
    for form in (
        SIGN_IN,
        IDENTIFY,
        ACCESS_WITH_CODE,
        RECOVERY,
        CHANGE_EMAIL,
        CHANGE_PASSWORD,
        CHOOSE_PASSWORD,
        FREEZE,
    )
}
