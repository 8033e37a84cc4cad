"""What the running service says of itself: log lines, metrics, a request's id. Knows no framework and no rule."""
