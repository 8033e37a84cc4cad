"""Coverage in words: what a cluster is called, how far a walk is, where people are counted from."""

from components.format import UNKNOWN, count
from components.names import short_name
from domain.coverage import Cluster, CoveragePicture, Direction
from locales import text


def cluster_name(cluster: Cluster, language: str) -> str:
    """The village a cluster is called by and where it lies from there: `杨梅村北`, `North of Yangmei`."""
    return beside(cluster.name, cluster.name_en, cluster.direction, language)


def beside(name: str, name_en: str, direction: Direction, language: str) -> str:
    """A place in the field by a village and where it lies from there."""
    village = name_en or name if language == "en" else name
    if not village:
        return text(language, "coverage.nameless")
    if direction is Direction.HERE:
        return village
    return text(language, f"coverage.direction.{direction}", village=village)


def cluster_town(cluster: Cluster, language: str) -> str:
    """The short name of its town; empty where it lies in none."""
    return short_name(cluster.town, language) if cluster.town is not None else ""


def away(metres: int | None, language: str) -> str:
    """A distance: `1.1 km`."""
    if metres is None:
        return UNKNOWN
    return text(language, "coverage.km", n=f"{metres / 1000:.1f}")


def people(number: int, language: str) -> tuple[str, str]:
    """A number of people and its unit, in Chinese in ten thousands: `60.0`, `万人`."""
    if language == "zh" and number >= 10_000:
        return f"{number / 10_000:.1f}", text(language, "coverage.unit_wan")
    return count(number), text(language, "coverage.unit")


def measure(picture: CoveragePicture, language: str) -> str:
    """How far people walk and how that is measured."""
    how = text(language, "coverage.by_network" if picture.by_network else "coverage.straight")
    return text(language, "coverage.radius", metres=count(picture.metres), how=how)


def title(picture: CoveragePicture, language: str) -> str:
    """The heading, with the minutes people walk."""
    return text(language, "coverage.title", minutes=picture.minutes)
