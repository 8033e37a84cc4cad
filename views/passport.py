"""The passports of figures. Each is a page of one view, so that it is drawn once per version and kept like every
other picture; `-hour` limits the figure to the hour asked for."""

from components.passport import passport
from data.queries.passport import passport_of
from domain.passport import Figure
from views import Page, View


def slug(figure: Figure, hourly: bool) -> str:
    """The name of a figure's passport among the pages."""
    return f"passport-{figure}-hour" if hourly else f"passport-{figure}"


PAGES = {
    slug(figure, hourly): Page(
        slug(figure, hourly),
        "passport.title",
        (View("passport", "passport.title", passport_of(figure, hourly), passport),),
    )
    for figure in Figure
    for hourly in (False, True)
}
