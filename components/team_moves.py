"""Moves of teams suggested, each with what it gains, why, and the text of the order a person may send."""

from dash import html

from components import panel
from components.coverage_words import away
from components.format import count, when
from components.icons import icon
from domain.suggestions import SuggestionPicture
from domain.team_moves import MEDICS, USHERS, TeamMove
from locales import text


def moves_panel(picture: SuggestionPicture, language: str) -> html.Section:
    """The moves, those that gain most first, or why there are none."""
    title = text(language, "suggestions.moves.title")
    limits = picture.campaign.limits
    note = text(
        language,
        "suggestions.moves.note",
        queue=limits.queue_minutes,
        load=count(limits.idle_share * limits.lane_hour),
        away=away(limits.move_metres, language),
    )
    if not picture.moves:
        known = picture.queues_known
        said = text(language, "suggestions.moves.none" if known else "suggestions.moves.unknown")
        none = html.P([icon("ok" if known else "miss", "ok" if known else "mut"), said], className="sg-none mut t13")
        return html.Section([panel.head(title, note), none], className="sg-panel sg-moves")
    rows = [_row(index, move, picture, language) for index, move in enumerate(picture.moves)]
    return html.Section(
        [
            panel.head(title, note),
            html.Div(
                html.Ol(rows, className="sg-rows"),
                className="sg-scroll",
                tabIndex="0",
                role="group",
                **{"aria-label": title},
            ),
        ],
        className="sg-panel sg-moves",
    )


def letter(index: int) -> str:
    """What a move is called on the map and in the list: A, B, … Z, A2, …"""
    turn, place = divmod(index, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def move_words(move: TeamMove, language: str) -> str:
    """A move in one line."""
    return text(language, "suggestions.moves.line", source=move.source.place.label(language),
                target=move.target.place.label(language), teams=move.teams)  # fmt: skip


def order_text(move: TeamMove, picture: SuggestionPicture, language: str) -> str:
    """The order as a person may send it. It says itself that nobody has given it yet."""
    said = text(
        language,
        "suggestions.order",
        source=move.source.place.label(language),
        target=move.target.place.label(language),
        teams=move.teams,
        medics=move.teams * MEDICS,
        ushers=move.teams * USHERS,
        away=away(move.metres, language),
        minutes=move.minutes,
        until=when(picture.until, picture.campaign, language),
        queue=move.target.queue_minutes,
        limit=picture.campaign.limits.queue_minutes,
        load=count(move.source.load),
        gained=count(move.gained),
        after=move.queue_after,
        left=count(move.source_load),
    )
    return text(language, "reminder.text.demo") + said if picture.campaign.demo else said


def _row(index: int, move: TeamMove, picture: SuggestionPicture, language: str) -> html.Li:
    source, target = move.source, move.target
    why = text(
        language,
        "suggestions.moves.why",
        queue=target.queue_minutes,
        after=move.queue_after,
        source=source.place.label(language),
        load=count(source.load),
        left=count(move.source_load),
        away=away(move.metres, language),
        minutes=move.minutes,
    )
    order = order_text(move, picture, language)
    return html.Li(
        [
            html.Span(letter(index), className="sg-letter", **{"aria-hidden": "true"}),
            html.Div(
                [
                    html.Div(
                        [
                            html.B(source.place.label(language)),
                            html.Span("→", className="mut", **{"aria-hidden": "true"}),
                            html.Span(text(language, "suggestions.moves.to"), className="visually-hidden"),
                            html.B(target.place.label(language)),
                            html.Span(
                                text(language, "suggestions.moves.teams", teams=move.teams), className="mut nw"
                            ),
                        ],
                        className="sg-name",
                    ),
                    html.Div(why, className="t12 mut sg-why"),
                    html.Details(
                        [
                            html.Summary(text(language, "suggestions.moves.order"), **{"data-c": f"order-{index}"}),
                            html.P(order, className="sg-order t13"),
                            html.Button(
                                [icon("copy"), text(language, "suggestions.moves.copy")],
                                type="button",
                                className="btn",
                                **{"data-copy": order, "data-c": f"copy-{index}"},
                            ),
                        ],
                        className="t12",
                    ),
                ],
                className="sg-what",
            ),
            html.Div(
                [
                    html.B(f"+{count(move.gained)}"),
                    html.Span(text(language, "suggestions.moves.hourly"), className="faint"),
                ],
                className="sg-gain",
            ),
        ],
        className="sg-row",
    )
