"""The HTML document around the application. `theme.js` stands in its head so that the first paint has the theme."""

INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{%title%}</title>
<link rel="icon" href="/assets/head/icon.svg" type="image/svg+xml">
<script src="/assets/head/theme.js"></script>
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""

NOT_LOADED = ["head"]
"""Folders of `assets` Dash must not load by itself: the document above names what is in them."""

STYLE_SHEETS = ("/assets/1-style/1-tokens.css", "/assets/1-style/8-contract.css")
"""What the page of the data interface is dressed in: it stands outside the application."""
