"""Fetching from other systems: asked in turn, under limits, with nothing counted twice."""
