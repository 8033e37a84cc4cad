"""The scenes of a briefing screen: readable from five metres, nothing to press, nothing that moves."""
