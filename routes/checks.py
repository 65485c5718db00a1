"""The live check of one field: its answer is the field's message alone, without any query."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from forms.journey import FORMS
from rules import Refused
from rules.password import checklist, guessable, strength
from web.answers import form_body, message
from web.portal import portal_of
from web.scoring import live_score


async def check(request: Request) -> Response:
    """Judge one field by the declaration that its form's submit runs too."""
    form = FORMS.get(request.path_params["form"])
    field = form.field(request.path_params["field"]) if form else None
    if form is None or field is None or not field.live:
        raise HTTPException(404)
    names = {field.name, field.twin} - {""}
    typed = await form_body(request, names)
    text = typed.get(field.name, "")
    ground = portal_of(request).ground
    answer = form.apply(field, typed, ground)
    refused = answer if isinstance(answer, Refused) else None
    status, strong = 200, ""
    if field.checklist and not refused:
        scored = await live_score(request, answer)
        if scored is None:
            status = 429
        else:
            refused = guessable(scored)
            strong = strength(scored)
    return message(
        request,
        "check.html",
        status=422 if refused else status,
        field=field,
        typed=typed,
        refused=refused,
        unmet=field.checklist and not all(rule.met for rule in checklist(text, ground.policy)),
        strength=strong,
        hint=field.suggest(answer) if field.suggest and not refused else None,
    )
