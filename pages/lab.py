"""A laboratory's own desk."""

import dash
from dash.development.base_component import Component

from components import context, lab_desk, shell, states
from domain.permissions import Action, Role
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/lab")


def layout(campaign: str | None = None, lang: str | None = None, **_: str) -> Component:
    found = context.current(campaign=campaign, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    role = found.caller.role
    own = role is Role.LAB
    if own or (found.may(Action.DESK) and role is not Role.TOWN):
        content = lab_desk.frame(found, found.caller.place if own else "", own=own)
    else:
        # A town's tubes are only a part of what stands on a laboratory's desk.
        content = [states.forbidden(role, found.language)]
    return shell.frame(found, "lab", text(found.language, "lab.title"), content)
