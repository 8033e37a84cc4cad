"""Boundaries from files people have."""
