"""What is done on the bulletin page: freezing an hour, exporting an issue, and the three hands it passes through.

`assets/2-scripts/bulletin.js` sends what the buttons here stand for; the server decides whether it may be.
"""

from typing import Any
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.bulletin import words
from components.bulletin.content import content
from components.bulletin.fields import FIELD_LISTS, FIELD_NAMES, field_meaning
from components.bulletin.sheet import shown_issues
from components.entry import Input
from components.format import clock, count, period
from components.icons import icon
from components.links import href
from data.queries.bulletin_page import BulletinPage
from data.queries.bulletins import Issue
from domain.bulletin import MAX_REASON, MAX_REMARK, Frozen, State, label
from domain.permissions import Action
from locales import LANGUAGES, text


def address(rows: BulletinPage, path: str = "", **query: object) -> str:
    """An endpoint of this campaign's bulletins."""
    asked = urlencode({name: value for name, value in query.items() if value})
    base = f"/api/v1/campaigns/{rows.campaign.id}/bulletins{path}"
    return f"{base}?{asked}" if asked else base


def _say(language: str, key: str, **params: object) -> str:
    return text(language, f"bulletin.page.{key}", **params)


def _rows(*pairs: tuple[str, Any]) -> html.Dl:
    parts: list[Component] = []
    for name, value in pairs:
        parts += [html.Dt(name), html.Dd(value)]
    return html.Dl(parts, className="pairs")


def _write(name: str, said: str, hint: str, most: int, written: str = "", rows: int = 2) -> html.Label:
    area = html.Textarea(written, name=name, rows=rows, maxLength=most)
    return html.Label([html.Span(said), area, html.Span(hint, className="hint")], className="field write")


def _result(language: str) -> html.Div:
    """Where the script says what became of a step."""
    return html.Div(
        className="said", role="status",
        **{"data-result": "", "data-done": _say(language, "sent"), "data-failed": _say(language, "failed"),
           "data-sending": _say(language, "sending")},
    )  # fmt: skip


# -- what is frozen


def freezing(rows: BulletinPage, language: str) -> list[Component]:
    """The two times, what is done about sites not reported, the scope; and the button that fixes them."""
    title = _say(language, "freeze")
    if not rows.publishes:
        return [panel.head(title), panel.body(html.P(_say(language, "by_district"), className="mut"))]
    live = rows.live
    if rows.period is None or live is None:
        said = _say(language, "not_due", hour=_hour(rows, language)) if rows.period is not None else text(
            language, "state.no_data")  # fmt: skip
        return [panel.head(title), panel.body(_hours(rows, language), html.P(said, className="mut"))]
    zone = rows.campaign.zone
    known = [_known(i.known_at, i.revision, rows, language) for i in rows.shown[:1]]
    now = html.Span(
        [icon("dot"), _known(live.known_at, live.revision, rows, language)],
        className="on",
        **{"aria-current": "true"},
    )
    scope = _say(language, "scope_of", whole=words.whole(live, language), towns=len(live.lines),
                 level=words.level_of_lines(live, language), sites=count(live.total.sites))  # fmt: skip
    points: list[tuple[str, bool]] = [(_say(language, "cut", at=clock(live.data_until, zone)), False)]
    for issue in reversed(rows.shown):
        at = issue.signed_at or issue.known_at
        points.append((_say(language, "issue_at", at=clock(at, zone), number=issue.label), False))
    points.append((_say(language, "frozen_at", at=clock(live.known_at, zone)), True))
    steps = [
        html.Li(said, className="on" if last else "")
        for said, last in (points if len(points) <= 3 else [points[0], *points[-2:]])
    ]
    return [
        panel.head(title),
        panel.body(
            _rows(
                (_say(language, "hour"), _hours(rows, language)),
                (_say(language, "known"), html.Span([*[html.Span(k) for k in known], now], className="seg known")),
                (_say(language, "not_reported"), _say(language, "carried")),
                (_say(language, "scope"), scope),
            ),
            html.Ol(steps, className="times"),
            html.P(_say(language, "freeze_note"), className="t12 faint"),
            *_freeze_button(rows, live, language),
            extra="freezing",
        ),
    ]


def _known(at: Any, revision: int, rows: BulletinPage, language: str) -> str:
    return _say(language, "known_at", at=clock(at, rows.campaign.zone), revision=revision)


def _hour(rows: BulletinPage, language: str) -> str:
    assert rows.period is not None
    return period(rows.campaign.end_of(rows.period), rows.campaign, language)


def _hours(rows: BulletinPage, language: str) -> html.Details:
    """The hours that can be frozen or looked at, as a list that opens without any script."""
    campaign = rows.campaign

    def to(k: int) -> str:
        return href("bulletin", campaign=campaign.id, place=rows.overview.place.code, language=language,
                    hour=campaign.start_of(k))  # fmt: skip

    items = [
        html.Li(dcc.Link(period(campaign.end_of(k), campaign, language), href=to(k)),
                **({"aria-current": "true"} if k == rows.period else {}))
        for k in reversed(rows.choices)
    ]  # fmt: skip
    shown = _hour(rows, language) if rows.period is not None else _say(language, "hour_other")
    return html.Details(
        [html.Summary([html.B(shown), icon("down")]), html.Ul(items, className="menu")], className="chooser hours"
    )


def _freeze_button(rows: BulletinPage, live: Frozen, language: str) -> list[Component]:
    hour = words.hour_name(live, language)
    if rows.draft is not None:
        return []
    start = rows.campaign.local(rows.campaign.start_of(live.period)).isoformat()
    target = {"data-act": address(rows), "data-hour": start, "data-scope": rows.overview.place.code, "data-keyed": ""}
    needs = {"data-needs": Action.PREPARE_BULLETIN.value}
    published = rows.published
    if published is None:
        said = _say(language, "freeze_now", hour=hour)
        button = html.Button([icon("lock"), said], type="button", className="btn pri big", **target)
        return [html.Form([button, _result(language)], className="act", **needs)]
    if not (rows.changes or (rows.comparison and rows.comparison.differences)):
        return [html.P([icon("ok", "ok"), " ", _say(language, "nothing_new")], className="t13")]
    number = label(published.number, len([i for i in rows.shown if i.signed_at is not None]))
    proposed = words.correction_note(published.frozen, live, language)
    reason = _write("reason", _say(language, "reason"), _say(language, "reason_hint"), MAX_REASON, proposed)
    said = _say(language, "freeze_again", number=number)
    button = html.Button([icon("lock"), said], type="button", className="btn pri big", **target)
    return [html.Form([reason, button, _result(language)], className="act", **needs)]


# -- files


def exports(rows: BulletinPage, language: str) -> list[Component]:
    """The shown issue on paper, as Word, as a spreadsheet, as a short text, in the district's own templates."""
    title, note = _say(language, "export"), _say(language, "export_note")
    issues = shown_issues(rows)
    blocks = [_export(issue, rows, language, hidden=i > 0) for i, issue in enumerate(issues)]
    if not rows.publishes or not issues:
        return [panel.head(title), panel.body(html.P(_say(language, "compare_none_next"), className="mut"))]
    return [panel.head(title, note), panel.body(*blocks, *_templates(rows, language), extra="exports-of")]


def _export(issue: Issue, rows: BulletinPage, language: str, *, hidden: bool) -> html.Div:
    other = next(spoken for spoken in LANGUAGES if spoken != language)
    printing = html.Button([icon("print"), _say(language, "print")], type="button", className="btn",
                           **{"data-print": ""})  # fmt: skip
    files = [
        html.A(
            [icon("file"), _say(language, key)],
            href=address(rows, "/file", id=issue.id, format=suffix, lang=language), className="btn", download="",
            **{"data-needs": Action.EXPORT.value, "data-file": "", "data-other": other},
        )
        for key, suffix in (("word", "docx"), ("excel", "xlsx"))
    ] if issue.id else []  # fmt: skip
    options = [
        html.Label([Input(type="checkbox", **{"data-option": name}), _say(language, key)])
        for name, key in (("sites", "with_sites"), ("lang", "other_language"))
    ] if issue.id else []  # fmt: skip
    brief = words.brief(issue.frozen, issue.label, language)
    copy = html.Button(
        [icon("link"), _say(language, "copy_text")], type="button", className="btn",
        **{"data-copy": brief, "data-done": _say(language, "copied"), "data-failed": _say(language, "copy_failed")},
    )  # fmt: skip
    fills = [
        html.A(
            [icon("file"), template.name],
            href=address(rows, "/file", id=issue.id, template=template.id, lang=language), className="btn",
            download="", title=_say(language, "template_fill", number=issue.label),
            **{"data-needs": Action.EXPORT.value},
        )
        for template in rows.templates
    ] if issue.id else []  # fmt: skip
    parts: list[Component] = [html.Div([printing, *files], className="files")]
    if options:
        parts.append(html.Div(options, className="options t12"))
    parts += [html.P(brief, className="brief t12"), html.Div([copy, html.Span(role="status")], className="copying")]
    if fills:
        parts.append(html.Div(fills, className="fills"))
    return html.Div(parts, hidden=hidden, **{"data-issue": str(issue.id)})


def _templates(rows: BulletinPage, language: str) -> list[Component]:
    """The district's own forms: sending one, taking one off, and what may be named in them."""
    listed = [
        html.Li(
            [
                html.Span(template.name, className="ell", title=template.name),
                html.Span(f"{len(template.fields)}", className="faint t12"),
                html.Button(
                    icon("x"), type="button", className="btn",
                    **{"data-act": address(rows, "/templates/delete"), "data-id": str(template.id),
                       "aria-label": f"{_say(language, 'template_delete')} {template.name}",
                       "data-needs": Action.PREPARE_BULLETIN.value},
                ),
            ]
        )
        for template in rows.templates
    ]  # fmt: skip
    upload = html.Label(
        [
            icon("export"),
            _say(language, "template_upload"),
            Input(type="file", accept=".xlsx,.docx", className="visually-hidden",
                  **{"data-upload": address(rows, "/templates"), "data-scope": rows.overview.place.code}),
        ],
        className="btn", **{"data-needs": Action.PREPARE_BULLETIN.value},
    )  # fmt: skip
    examples = [
        html.A(_say(language, f"template_example_{suffix}"), className="more t12", download="",
               href=address(rows, "/templates/example", format=suffix, lang=language))
        for suffix in ("docx", "xlsx")
    ]  # fmt: skip
    open_fields = html.Button(_say(language, "template_fields"), type="button", className="more t12",
                              **{"data-open": "bulletin-fields"})  # fmt: skip
    return [
        html.Details(
            [
                html.Summary([_say(language, "templates"), html.Span(str(len(rows.templates)), className="faint")]),
                html.Ul(listed, className="template-list")
                if listed else html.P(_say(language, "templates_none"), className="t12 faint"),
                html.Div([upload, open_fields, *examples], className="template-tools"),
                html.P(_say(language, "template_limit"), className="t12 faint"),
                _result(language),
                _fields(rows, language),
            ],
            className="act templates",
        )
    ]  # fmt: skip


def _fields(rows: BulletinPage, language: str) -> html.Dialog:
    """Every field a template may name, with what it stands for and its value in the issue shown."""
    issues = shown_issues(rows)
    values = content(issues[0], language).fields if issues else {}
    lines = [
        html.Tr(
            [
                html.Td(html.Code(f"{{{{ {name} }}}}")),
                html.Td(field_meaning(name, language)),
                html.Td(values[name].shown if name in values else "", className="mut"),
            ]
        )
        for name in (*FIELD_NAMES, *FIELD_LISTS)
    ]
    head = html.Tr([html.Th(_say(language, key), scope="col") for key in ("field", "meaning", "example")])
    close = html.Button([icon("x"), _say(language, "close")], type="button", className="btn", **{"data-close": ""})
    return html.Dialog(
        [
            html.Div([html.H2(_say(language, "template_fields")), html.Span(className="sp"), close], className="ph"),
            html.P(_say(language, "fields_note"), className="t12 mut note"),
            html.Div(
                html.Table([html.Thead(head), html.Tbody(lines)], className="tb"), className="scroll", tabIndex="0"
            ),
        ],
        id="bulletin-fields", className="fields-dialog",
        **{"aria-label": _say(language, "template_fields")},
    )  # fmt: skip


# -- three hands


def publishing(rows: BulletinPage, language: str) -> list[Component]:
    """Who drafted, reviewed and signed the hour's issue, and the next step."""
    title = _say(language, "publish")
    if not rows.publishes:
        return [panel.head(title), panel.body(html.P(_say(language, "by_district_next"), className="mut"))]
    issue = rows.draft or rows.published
    if issue is None:
        return [panel.head(title), panel.body(html.P(_say(language, "nobody"), className="mut"))]
    frozen = issue.frozen
    waiting = html.Span(_say(language, "waiting"), className="faint")

    def by(name: str, at: Any) -> Component:
        if at is None:
            return waiting
        said = _say(language, "by_at", name=name, at=words.at(frozen, at, language))
        return html.Span([icon("tick"), " ", said], className="ok")

    replaced = next((i for i in rows.issues if i.id == issue.replaces), None)
    instead = _say(language, "replaces_note", number=replaced.label) if replaced else _say(language, "first")
    parts: list[Component] = [
        _rows(
            (_say(language, "proposed"), html.B(text(language, "bulletin.issue", number=issue.label))),
            (_say(language, "replaces"), instead),
            (_say(language, "drafted_by"), by(issue.drafted_name, issue.known_at)),
            (_say(language, "reviewed_by"), by(issue.reviewed_name, issue.reviewed_at)),
            (_say(language, "signed_by"), by(issue.signed_name, issue.signed_at)),
        )
    ]
    if issue.reason:
        parts.append(html.P(_say(language, "replaces_reason", reason=issue.reason), className="msgbox"))
    if issue.state is State.PUBLISHED:
        parts.append(html.P(_say(language, "published_done"), className="t12 faint"))
        return [panel.head(title), panel.body(*parts, extra="publishing")]
    people = rows.campaign.limits.bulletin_people
    parts.append(html.P(_say(language, f"people_{2 if people <= 2 else 3}"), className="t12 faint"))
    parts += _warnings(rows, issue, language)
    parts += _steps(rows, issue, language, people)
    return [panel.head(title), panel.body(*parts, extra="publishing")]


def _warnings(rows: BulletinPage, issue: Issue, language: str) -> list[Component]:
    frozen = issue.frozen
    said = []
    still = [place for place in frozen.missing if rows.live is None or place in rows.live.missing]
    if still:
        names = words.named(still, len(still), language)
        said.append(_say(language, "warn_missing", names=names, hour=words.hour_name(frozen, language)))
    if rows.base is not None and rows.base.id == issue.id and rows.comparison and rows.comparison.differences:
        said.append(_say(language, "warn_draft_changed", count=len(rows.comparison.differences)))
    return [html.P([icon("warn", "warn"), " ", one], className="t12 warning") for one in said]


def _steps(rows: BulletinPage, issue: Issue, language: str, people: int) -> list[Component]:
    number = {"data-id": str(issue.id)}
    prepare = {"data-needs": Action.PREPARE_BULLETIN.value}
    found: list[Component] = []
    if issue.state is State.DRAFT:
        remark = _write("remark", _say(language, "remark"), _say(language, "remark_hint"), MAX_REMARK, issue.remark)
        save = html.Button(_say(language, "remark_save"), type="button", className="btn",
                           **{"data-act": address(rows, "/remark"), **number})  # fmt: skip
        found.append(html.Form([remark, save, _result(language)], className="act", **prepare))
    buttons: list[Component] = [
        html.Button(_say(language, "withdraw"), type="button", className="btn",
                    **{"data-act": address(rows, "/withdraw"), **number, **prepare})
    ]  # fmt: skip
    if issue.state is State.DRAFT:
        buttons.append(
            html.Button([icon("tick"), _say(language, "review")], type="button", className="btn pri",
                        **{"data-act": address(rows, "/review"), **number, **prepare})
        )  # fmt: skip
    else:
        # Where two people suffice, whoever prepares bulletins may sign as well: no role has both rights.
        rights = [Action.SIGN_BULLETIN] + ([Action.PREPARE_BULLETIN] if people <= 2 else [])
        buttons += [
            html.Button(_say(language, "sign", number=issue.label), type="button", className="btn pri",
                        **{"data-act": address(rows, "/sign"), **number, "data-needs": right.value})
            for right in rights
        ]  # fmt: skip
    found.append(html.Div([html.Div(buttons, className="buttons"), _result(language)], className="act"))
    return found
