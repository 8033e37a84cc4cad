"""The HTML document around the application. `theme.js` stands in its head so that the first paint has the theme, and
what others wrote (`assets/vendor`) comes before our own styles and scripts, which build on it."""

INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{%title%}</title>
<link rel="icon" href="/assets/head/icon.svg" type="image/svg+xml">
<script src="/assets/head/theme.js"></script>
<link rel="stylesheet" href="/assets/vendor/bootstrap.min.css">
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
<script src="/assets/vendor/plotly-basic.min.js"></script>
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""

NOT_LOADED = ["head", "vendor", "clerk", "3-wall", "wall"]
"""Folders of `assets` Dash must not load by itself: the document above names what is in the first two, the clerk's
form is a page of its own (`api.clerk`), and so is the briefing screen (`3-wall` its looks, `wall` its scripts)."""

STYLE_SHEETS = ("/assets/1-style/1-tokens.css", "/assets/1-style/8-contract.css")
"""What the page of the data interface is dressed in: it stands outside the application."""


def tiles(address: str, credit: str) -> list[dict[str, str]]:
    """What tells `map.js` of the operator's tiles; nothing where there are none."""
    if not address:
        return []
    return [{"name": "map-tiles", "content": address}, {"name": "map-tiles-credit", "content": credit}]
