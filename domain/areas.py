"""Areas that come as files: what kinds there are."""

from enum import StrEnum


class Kind(StrEnum):
    """What one version of areas holds."""

    BOUNDARIES = "boundaries"
    """Outlines of places."""
    CELLS = "cells"
    """Cells of a population grid, each with its people."""
    VILLAGES = "villages"
    """Villages and communities as points."""
    ROADS = "roads"
    """A network people walk on."""
