"""Suggestions (建议): where a site or a mobile team more would reach most people, and which crews would do more
elsewhere. Nothing of it is applied by itself.

The page is drawn once for everybody with the answer to the first question. Who asks another one has it drawn by the
server (`api/suggestions.py`, `suggestions.js`) into a place this side leaves empty, as on the page of matching.
"""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.format import count, percent, short
from components.icons import icon
from components.panel import Part
from components.suggestion_picks import pick_name, picks_panel
from components.team_moves import letter, move_words, moves_panel
from domain.coverage import CoveragePicture
from domain.suggestions import COUNTS, Candidates, Method, Sites, SuggestionPicture, Unit
from figures import theme
from figures.suggestions_map import Words, suggestions_map
from locales import text


def suggestions_page(picture: SuggestionPicture, language: str) -> Component:
    """The page as everybody sees it before anything is asked."""
    return html.Div(
        [html.Div(board(picture, language), className="sg-base"), html.Div(className="sg-slot")],
        key=f"suggestions-{picture.place.code}-{language}",
        className="sg",
        **{
            "data-suggestions": picture.campaign.id,
            "data-place": picture.place.code,
            "data-unsent": text(language, "suggestions.unsent"),
            "data-copied": text(language, "suggestions.copied"),
            "data-not-copied": text(language, "suggestions.not_copied"),
            "data-listed": text(language, "suggestions.listed"),
        },
    )


def board(picture: SuggestionPicture, language: str) -> list[Component]:
    """The parts of the page: what is gained, what is asked, the map, the places, the moves."""
    return [
        _strip(picture, language),
        *([_asked(picture, picture.sites, language)] if picture.sites else []),
        html.Div(
            [
                _map(picture, language),
                html.Div([picks_panel(picture, language), moves_panel(picture, language)], className="sg-lists"),
            ],
            className="sg-columns",
        ),
    ]


# -- what is gained


def _strip(picture: SuggestionPicture, language: str) -> html.Section:
    tiles: list[Component] = []
    if picture.coverage is not None and picture.sites is not None:
        tiles += _reached(picture.coverage, picture.sites, language)
    hourly = sum(move.gained for move in picture.moves)
    teams = sum(move.teams for move in picture.moves)
    note = text(language, "suggestions.kpi.teams_note", teams=teams) if picture.moves else ""
    if not picture.moves:
        note = text(language, "suggestions.moves.none" if picture.queues_known else "suggestions.moves.unknown")
    shown = f"+{count(hourly)}" if hourly else count(0 if picture.queues_known else None)
    tiles.append(_tile(text(language, "suggestions.kpi.teams"), [shown], [note]))
    return html.Section(
        tiles, className="sg-panel sg-strip kpis", **{"aria-label": text(language, "suggestions.strip")}
    )


def _reached(coverage: CoveragePicture, sites: Sites, language: str) -> list[Component]:
    after = (coverage.covered + sites.gained) / coverage.people if coverage.people else None
    arrow = html.I(["→", html.Span(text(language, "suggestions.becomes"), className="visually-hidden")])
    points = (after - coverage.share) * 100 if after is not None and coverage.share is not None else 0.0
    left = coverage.people - coverage.covered
    return [
        _tile(
            text(language, "suggestions.kpi.share"),
            [html.Span(percent(coverage.share), className="sg-was"), arrow, html.Span(percent(after))],
            [text(language, "suggestions.kpi.share_note", metres=coverage.metres, points=f"{points:.1f}")],
        ),
        _tile(
            text(language, "suggestions.kpi.gained"),
            [f"+{count(sites.gained)}"],
            [text(language, "suggestions.kpi.gained_note", people=short(coverage.people, language))],
        ),
        _tile(
            text(language, "suggestions.kpi.left"),
            [html.Span(short(left, language), className="sg-was"), arrow,
             html.Span(short(left - sites.gained, language))],
            [text(language, "suggestions.kpi.left_note", percent=percent(1 - after if after is not None else None))],
        ),
        _tile(
            text(language, "suggestions.kpi.method"),
            [html.Span(_gap(sites, language), className="sg-method")],
            [text(language, f"suggestions.method.{sites.method}_note", looked=count(sites.looked_at))],
        ),
    ]  # fmt: skip


def _gap(sites: Sites, language: str) -> str:
    if sites.method is Method.EXACT:
        return text(language, "suggestions.method.exact")
    return text(language, "suggestions.method.gap", gap=percent(sites.gap))


def _tile(label: str, shown: list[Part], note: list[Part]) -> html.Div:
    return html.Div(
        [html.Div(label, className="l"), html.Div(shown, className="v"), html.Div(note, className="n")],
        className="kpi",
    )


# -- what is asked


def _asked(picture: SuggestionPicture, sites: Sites, language: str) -> html.Section:
    question = sites.question
    units = [(unit.value, text(language, f"suggestions.kind.{unit}")) for unit in Unit]
    counts = [(str(number), str(number)) for number in COUNTS]
    found = len(sites.picks)
    few = found < question.count
    return html.Section(
        [
            _choice("kind", text(language, "suggestions.ask.kind"), units, question.unit, language),
            _choice("k", text(language, "suggestions.ask.count"), counts, str(question.count), language),
            _choice(
                "candidates",
                text(language, "suggestions.ask.candidates"),
                [(one.value, text(language, f"suggestions.candidates.{one}")) for one in Candidates],
                sites.candidates,
                language,
                {one.value for one in Candidates if one not in picture.offered},
            ),
            html.Span(className="sp"),
            html.Span(
                text(language, "suggestions.fewer", count=found) if few else text(language, "suggestions.only"),
                className="t12 mut",
            ),
            html.Span("", className="sg-answer t12", role="status", **{"data-answer": ""}),
        ],
        className="sg-panel sg-ask",
        **{"aria-label": text(language, "suggestions.ask.label")},
    )


def _choice(
    name: str,
    label: str,
    options: list[tuple[str, str]],
    chosen: str,
    language: str,
    missing: set[str] | frozenset[str] = frozenset(),
) -> html.Span:
    buttons = [
        html.Button(
            written,
            type="button",
            className="on" if value == chosen else "",
            disabled=value in missing,
            title=text(language, "suggestions.no_villages") if value in missing else None,
            **{f"data-{name}": value, "data-c": f"{name}-{value}", "aria-pressed": str(value == chosen).lower()},
        )
        for value, written in options
    ]
    return html.Span(
        [
            html.Span(label, className="t12 mut nw"),
            html.Span(buttons, className="seg", role="group", **{"aria-label": label}),
        ],
        className=f"sg-choice sg-of-{name}",
    )


# -- the map


def _map(picture: SuggestionPicture, language: str) -> html.Section:
    title = text(language, "suggestions.map.title")
    if not picture.marks and not picture.shapes:
        said = states.message("pin", "", text(language, "suggestions.map.none"), text(language, "map.none_next"))
        return html.Section([panel.head(title), said], className="sg-panel sg-map")
    figure = suggestions_map(
        picture,
        Words(
            pick=lambda pick: text(language, "suggestions.map.pick", number=pick.number,
                                   name=pick_name(pick, language), people=count(pick.gained)),
            site=lambda place: place.label(language),
            letter=letter,
            move=lambda move: move_words(move, language),
            km=lambda length: text(language, "map.km", km=length),
            town=lambda place: place.label(language),
        ),
    )  # fmt: skip
    picks = picture.sites.picks if picture.sites else ()
    sentence = text(language, "suggestions.map.sentence", picks=len(picks), moves=len(picture.moves))
    marks = [("sg-k-reach", "reach"), ("sg-k-open", "uncovered"), ("sg-k-gain", "gained"), ("sg-k-pick", "picked"),
             ("sg-k-move", "moved")]  # fmt: skip
    key = [
        html.Span([html.I(className=mark, **{"aria-hidden": "true"}), text(language, f"suggestions.map.{word}")])
        for mark, word in marks
    ]
    graph = dcc.Graph(figure=figure, config=theme.CONFIG, responsive=True, className="graph map")
    return html.Section(
        [
            panel.head(title, _basis(picture.coverage, language)),
            html.Div(graph, role="img", className="chart sg-chart", **{"aria-label": sentence}),
            html.Div([*key, *_labels(picture, language)], className="sg-key t12 mut"),
        ],
        className="sg-panel sg-map",
    )


def _basis(coverage: CoveragePicture | None, language: str) -> str:
    if coverage is None:
        return ""
    key = "suggestions.map.by_network" if coverage.by_network else "suggestions.map.by_air"
    return text(language, key, metres=coverage.metres)


def _labels(picture: SuggestionPicture, language: str) -> list[Component]:
    labels: list[Component] = []
    if picture.approximate:
        labels.append(html.Span([icon("pin"), text(language, "map_page.approximate")], className="faint"))
    if picture.coverage is not None and picture.coverage.synthetic:
        said = text(language, "map_page.people_synthetic", total=short(picture.coverage.people, language))
        labels.append(html.Span(said, className="faint"))
    return labels
