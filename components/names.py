"""Names where room is short and the column or the sentence already says what kind of place it is."""

from domain.overview import PlaceRef
from domain.places import Level

GENERIC = (" Subdistrict", " Town", " Township", " District")


def short_name(place: PlaceRef, language: str) -> str:
    """The place's name, in English without its level: `Xinan` for Xinan Subdistrict. Sites keep theirs."""
    name = place.label(language)
    if language != "en" or place.level is Level.SITE:
        return name
    for generic in GENERIC:
        name = name.removesuffix(generic)
    return name
