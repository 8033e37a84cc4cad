"""What a site is: a fixed site, a mobile team, or whatever word the source of the list uses."""

from locales import has, text


def kind_name(kind: str, language: str) -> str:
    """The word for a kind; one no rule knows stands as it came."""
    key = f"kind.{kind}"
    return text(language, key) if has(key) else kind
