"""The small map of suggestions (design, section 8): who is within reach now, where something is suggested, whose
cells it would reach, and which way teams would go. Plain lines and marks in kilometres, without tiles."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from domain.map import Point
from domain.overview import PlaceRef
from domain.suggestions import Pick, Square, SuggestionPicture
from domain.team_moves import TeamMove
from figures import theme
from figures.map import LAND, LAND_LINE, WARN, Figure, Frame, scale_bar, scale_label

MARGIN_KM = 1.6
"""Around what is suggested: a walk and as much again."""

LEAST_KM = 6.0
"""Width below which the map does not go nearer."""

SCALE = 0.02
"""Share of the height at which the scale stands, however much of the surroundings is shown."""

LABEL = (0.16, 0.045)
"""Share of the map's width and height within which a name and a mark meet, on a phone."""

SHADES = ((500, 1.0), (250, 0.6), (100, 0.3))
"""Opacity of an uncovered cell from that many people on, as on the map page."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the map says: a pick's and a site's hover, a move's letter and hover, the scale, a town's name."""

    pick: Callable[[Pick], str]
    site: Callable[[PlaceRef], str]
    letter: Callable[[int], str]
    move: Callable[[TeamMove], str]
    km: Callable[[int], str]
    town: Callable[[PlaceRef], str]


def suggestions_map(picture: SuggestionPicture, words: Words) -> Figure:
    """The whole map as one figure."""
    frame = _frame(picture)
    picks = picture.sites.picks if picture.sites else ()
    land = [(p for p in ring) for shape in picture.shapes for ring in shape.rings]
    traces = [_area(land, LAND, LAND_LINE, 1.0)]
    if picture.coverage is not None:
        traces += [_uncovered(picture, least, opacity, below) for least, opacity, below in _shades()]
        traces.append(_area(picture.coverage.reach, theme.DATA_BAND, theme.DATA, 0.8))
    gained = [square for pick in picks for square in pick.cells]
    traces.append(_area(map(_ring, gained), "@ok-mark", theme.SURFACE, 0.6))
    traces.append(_sites(picture, words))
    traces += _moves(picture, words)
    traces.append(_picks(picks, words))
    # What the shape of the panel leaves free is filled with more of the surroundings.
    hidden = {"showticklabels": False, "constrain": "range"}
    layout = theme.layout(
        hovermode="closest",
        margin={"l": 2, "r": 2, "t": 4, "b": 6},
        xaxis=theme.axis(range=[frame.west, frame.east], **hidden),
        yaxis=theme.axis(range=[frame.south, frame.north], scaleanchor="x", **hidden),
        shapes=[{**line, "yref": "paper", "y0": SCALE, "y1": SCALE} for line in scale_bar(frame)],
        annotations=[
            *_names(picture, frame, words),
            {**scale_label(frame, words.km), "yref": "paper", "y": SCALE},
        ],
    )
    return {"data": [trace for trace in traces if trace["x"]], "layout": layout}


def _shades() -> Iterable[tuple[int, float, float]]:
    most = float("inf")
    for least, opacity in SHADES:
        yield least, opacity, most
        most = least


def _frame(picture: SuggestionPicture) -> Frame:
    """What is suggested, with its surroundings; where nothing is, the place's outlines, or its sites."""
    points = [pick.at for pick in picture.sites.picks] if picture.sites else []
    ends = [end.place.code for move in picture.moves for end in (move.source, move.target)]
    points += [picture.marks[code][1] for code in ends if code in picture.marks]
    if not points:
        points = [point for shape in picture.shapes for ring in shape.rings for point in ring]
        points = points or [at for _, at in picture.marks.values()] or [(0.0, 0.0)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    margin = max(MARGIN_KM, (LEAST_KM - max(max(xs) - min(xs), max(ys) - min(ys))) / 2)
    return Frame(min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)


def _area(rings: Iterable[Iterable[Point]], fill: str, line: str, width: float) -> Figure:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for ring in rings:
        points = list(ring)
        xs += [*(x for x, _ in points), None]
        ys += [*(y for _, y in points), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "fill": "toself",
        "fillcolor": fill,
        "line": {"color": line, "width": width},
        "hoverinfo": "skip",
    }


def _ring(square: Square) -> tuple[Point, ...]:
    (x, y), half = square.at, square.half_km
    return ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half),
            (x - half, y - half))  # fmt: skip


def _uncovered(picture: SuggestionPicture, least: int, opacity: float, below: float) -> Figure:
    cells = picture.coverage.cells if picture.coverage else ()
    rings: list[Sequence[Point]] = []
    for cell in cells:
        if least <= cell.persons < below:
            rings += cell.outline or (_ring(Square(cell.at, cell.half_km)),)
    return _area(rings, WARN, theme.SURFACE, 0.4) | {"opacity": opacity}


def _sites(picture: SuggestionPicture, words: Words) -> Figure:
    marks = list(picture.marks.values())
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [at[0] for _, at in marks],
        "y": [at[1] for _, at in marks],
        "text": [words.site(place) for place, _ in marks],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 5, "opacity": 1, "color": theme.DATA, "line": {"color": theme.SURFACE, "width": 0.8}},
    }


def _picks(picks: Sequence[Pick], words: Words) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [pick.at[0] for pick in picks],
        "y": [pick.at[1] for pick in picks],
        "text": [f"<b>{pick.number}</b>" for pick in picks],
        "textfont": {"size": theme.SMALL, "color": "@ink-text"},
        "hovertext": [words.pick(pick) for pick in picks],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"size": 21, "opacity": 1, "color": "@ink", "line": {"color": theme.SURFACE, "width": 1.5}},
    }


def _moves(picture: SuggestionPicture, words: Words) -> list[Figure]:
    """From where to where: a broken line, its letter in the middle and an open ring where the team arrives."""
    lines: list[tuple[Point, Point, int, TeamMove]] = []
    for index, move in enumerate(picture.moves):
        ends = [picture.marks.get(end.place.code) for end in (move.source, move.target)]
        if ends[0] and ends[1]:
            lines.append((ends[0][1], ends[1][1], index, move))
    if not lines:
        return []
    xs: list[float | None] = []
    ys: list[float | None] = []
    for (x1, y1), (x2, y2), _, _ in lines:
        xs += [x1, x2, None]
        ys += [y1, y2, None]
    way = {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "hoverinfo": "skip",
           "line": {"color": theme.TEXT, "width": 1.6, "dash": "4px,3px"}}  # fmt: skip
    arrived = {
        "type": "scatter",
        "mode": "markers",
        "x": [end[0] for _, end, _, _ in lines],
        "y": [end[1] for _, end, _, _ in lines],
        "hoverinfo": "skip",
        "marker": {"size": 11, "symbol": "circle-open", "color": theme.TEXT,
                   "line": {"color": theme.TEXT, "width": 2}},
    }  # fmt: skip
    middles = [_beside(start, end) for start, end, _, _ in lines]
    letters = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [x for x, _ in middles],
        "y": [y for _, y in middles],
        "text": [f"<b>{words.letter(index)}</b>" for _, _, index, _ in lines],
        "textfont": {"size": theme.SMALL, "color": theme.TEXT},
        "hovertext": [words.move(move) for _, _, _, move in lines],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"size": 18, "symbol": "square", "opacity": 1, "color": theme.SURFACE,
                   "line": {"color": theme.TEXT, "width": 1.2}},
    }  # fmt: skip
    return [way, arrived, letters]


def _beside(start: Point, end: Point) -> Point:
    """A little nearer to where the team comes from, so that letters of moves to one site stand apart."""
    share = 0.4 if hypot(end[0] - start[0], end[1] - start[1]) > 1 else 0.5
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _names(picture: SuggestionPicture, frame: Frame, words: Words) -> list[Figure]:
    """Each town's name near the middle of what is seen of it, where it hides least. One alone needs none: the page is
    about it."""
    taken = [pick.at for pick in picture.sites.picks] if picture.sites else []
    for move in picture.moves:
        start, end = (picture.marks[one.place.code][1] for one in (move.source, move.target))
        taken += [start, end, _beside(start, end)]
    wide, high = LABEL[0] * (frame.east - frame.west), LABEL[1] * (frame.north - frame.south)
    notes: list[Figure] = []
    for shape in picture.shapes if len(picture.shapes) > 1 else ():
        points = [point for ring in shape.rings for point in ring if frame.holds(point)]
        if not points:
            continue
        x = (min(p[0] for p in points) + max(p[0] for p in points)) / 2
        y = (min(p[1] for p in points) + max(p[1] for p in points)) / 2
        places = [(x, y + step * high) for step in (0, 1, -1, 2, -2, 3, -3)]
        at = min(
            places, key=lambda place: sum(abs(u - place[0]) < wide and abs(v - place[1]) < high for u, v in taken)
        )
        taken.append(at)
        notes.append(
            {"x": at[0], "y": at[1], "text": words.town(shape.place), "showarrow": False,
             "font": {"size": theme.SMALL, "color": theme.TEXT}}
        )  # fmt: skip
    return notes
