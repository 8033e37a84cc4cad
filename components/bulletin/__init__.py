"""The bulletin: its sentences, its content for every kind of document, and the panels of its page."""
