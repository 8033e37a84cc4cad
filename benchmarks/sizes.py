"""A campaign of one size, loaded and ready to be measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Where it lies and whom it holds: codes of its topmost place, of one district, of a town of middling size, and
    of every site."""

    name: str
    url: str
    campaign: str
    root: str
    district: str
    town: str
    site_codes: tuple[str, ...]
    tubes: int

    @property
    def sites(self) -> int:
        return len(self.site_codes)
