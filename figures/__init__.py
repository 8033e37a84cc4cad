"""Typed rows in, plain Plotly figures (dicts) out. Colours are token names, see `figures.theme`."""
