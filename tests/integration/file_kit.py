"""Files for tests, written line by line."""

HEAD = "site,hour,persons,tubes"


def sheet(*lines: str) -> str:
    return "\n".join(lines) + "\n"
