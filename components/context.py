"""What a page is about, read from its address. The application says how (`provide`); pages only ask (`current`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.permissions import PAGES, Action, Caller


@dataclass(frozen=True, slots=True)
class PageContext:
    """The campaign and place a page shows, and in which language.

    `campaigns` are all there are (id, name, English name), for the chooser. `epoch` names the database the
    revisions belong to: after another one has taken its place, older pictures say nothing about newer ones.
    `caller` is who looks; `located` says that sites have coordinates; `hour` is the start of the period looked
    back at, empty for now; `lab` the laboratory a page is narrowed to, as the address states it.
    """

    campaign_id: str
    campaign_name: str
    campaign_name_en: str
    zone: str
    demo: bool
    starts_at: datetime
    place_code: str
    language: str
    campaigns: tuple[tuple[str, str, str], ...]
    epoch: str
    caller: Caller
    located: bool = False
    hour: str = ""
    lab: str = ""
    tubes: bool = False
    """Whether any tube of the campaign is known."""

    def may(self, action: Action) -> bool:
        """Whether the reader may do `action`; decides what is offered, never what is allowed."""
        return self.caller.may(action)

    def may_see(self, page: str) -> bool:
        """Whether the reader may see the page of that name."""
        return self.caller.may(PAGES[page])

    def campaign_label(self) -> str:
        return named(self.campaign_name, self.campaign_name_en, self.language)


def named(name: str, name_en: str, language: str) -> str:
    """The name in `language`; the Chinese one where no English one is known."""
    return name_en or name if language == "en" else name


Provider = Callable[[Mapping[str, str]], PageContext | None]
"""Finds the context for an address's query; None where there is no campaign yet."""

_provider: Provider | None = None


def provide(provider: Provider) -> None:
    """Set where contexts come from; the application calls this once at start."""
    global _provider
    _provider = provider


def current(**query: str | None) -> PageContext | None:
    """The context of the page whose address has these query parameters."""
    if _provider is None:
        raise RuntimeError("components.context.provide was not called")
    return _provider({name: value for name, value in query.items() if value})
