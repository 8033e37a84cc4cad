"""A line of the audit in words: who, what, about what, from what to what, why, by which way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.format import UNKNOWN, count, period
from domain.actors import Kind
from domain.audit import Line
from domain.places import PlaceTree
from locales import has, text

PARTIES = {Kind.CONSOLE: "console", Kind.SIMULATOR: "simulator", Kind.STRANGER: "stranger"}
"""Parties that are programs of ours or nobody known, by the key of their name."""


@dataclass(frozen=True, slots=True)
class Words:
    """Says lines in one language, with the names of one campaign's places."""

    tree: PlaceTree
    labs: Mapping[str, str]
    language: str

    def _(self, key: str, **params: object) -> str:
        return text(self.language, f"audit.{key}", **params)

    def who(self, line: Line) -> str:
        """The person's name as the account has it now; else the login, the token's number, the program."""
        actor = line.actor
        if actor.kind in PARTIES:
            return self._(f"party.{PARTIES[actor.kind]}")
        if actor.kind is Kind.TOKEN:
            return self._("party.token", number=actor.name)
        if actor.kind is Kind.SOURCE:
            return self._("party.source", number=actor.name)
        return line.person or actor.name

    def login(self, line: Line) -> str:
        return line.actor.name if line.actor.kind is Kind.ACCOUNT else ""

    def position(self, line: Line) -> str:
        """Role and place as they were then."""
        actor = line.actor
        role = text(self.language, f"role.{actor.role}") if has(f"role.{actor.role}") else actor.role
        return " ".join(part for part in (role, self.place(actor.place)) if part)

    def place(self, code: str) -> str:
        """What is called so: a place, a laboratory; the code where neither is known."""
        place = self.tree.by_code.get(code)
        return place.label(self.language) if place else self.labs.get(code, code)

    def action(self, action: str) -> str:
        """The action in words; one this page has no word for by its own name."""
        key = f"audit.action.{action.replace('.', '_')}"
        return text(self.language, key) if has(key) else action

    def about(self, line: Line) -> str:
        """What it was done to."""
        d = line.details
        parts = []
        if "bulletin" in d:
            parts.append(self._("issue", issue=d.get("issue") or d["bulletin"]))
        if "account" in d:
            parts.append(str(d["account"]))
        if "token" in d:
            parts.append(self._("party.token", number=d["token"]))
        if line.action.startswith("problem.") and "number" in d:
            parts.append(self._("problem", number=d["number"]))
        if line.action.startswith("positive."):
            numbers = d.get("tasks") or [d.get("number", UNKNOWN)]
            parts += [self._("task", number=number) for number in numbers]
        if line.action.startswith("source") and ("source" in d or "number" in d):
            parts.append(self._("party.source", number=d.get("source", d.get("number"))))
        if not parts and (d.get("site") or d.get("place")):
            parts.append(self.place(str(d.get("site") or d.get("place"))))
        if isinstance(d.get("sites"), int):
            parts.append(self._("sites", sites=d["sites"]))
        if d.get("hour"):
            parts.append(self.hour(str(d["hour"])))
        return " ".join(parts) or UNKNOWN

    def hour(self, stated: str) -> str:
        """The period that begins then, by the name of its end."""
        try:
            start = datetime.fromisoformat(stated)
        except ValueError:
            return stated
        campaign = self.tree.campaign
        return period(campaign.end_of(campaign.period_of(start)), campaign, self.language)

    def change(self, line: Line) -> tuple[str, str] | None:
        """What stood before and what stands now, where a line is about one figure or word."""
        corrected = _corrected(line)
        if corrected is not None:
            _, (before, now) = corrected
            return self.value(before), self.value(now)
        if line.details.get("person"):
            return self._("person_before"), self._("person_now")
        pair = line.details.get("change")
        if isinstance(pair, list) and len(pair) == 2:
            return self.value(pair[0]), self.value(pair[1])
        return None

    def changed(self, line: Line) -> str:
        """Which figure that is, where it is not the persons sampled."""
        corrected = _corrected(line)
        return self.field(corrected[0]) if corrected is not None and corrected[0] != "persons" else ""

    def value(self, value: object) -> str:
        """A figure or word of the record; what was not known is a dash."""
        if value is None or value == "":
            return UNKNOWN
        return count(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)

    def field(self, name: str) -> str:
        """A field's name in words."""
        for key in (f"audit.field.{name}", f"field.{name}"):
            if has(key):
                return text(self.language, key).removesuffix(f" {name}")
        return name

    def reason(self, line: Line) -> str:
        """Why, or what else there is to say."""
        d = line.details
        said = [self._reason(str(d[name])) for name in ("reason", "note") if d.get(name)]
        said += [str(c["reason"]) for c in (d.get("corrections") or [])[:1] if c.get("reason")]
        alone = said and d.get("accepted") == 1 and not d.get("rejected")
        if "accepted" in d and not alone:
            said.append(self._("counts", accepted=d["accepted"], rejected=d.get("rejected", 0)))
        elif "reports" in d:
            said.append(self._("reports", reports=d["reports"]))
        if line.action == "campaign.close_access":
            said.append(self._("closed", **{n: d.get(n, 0) for n in ("accounts", "sessions", "tokens", "screens")}))
        if "format" in d:
            said.append(self._("file_of", format=str(d["format"]).upper(), rows=d.get("rows", UNKNOWN)))
        if line.action == "audit.verify":
            key = "chain.whole" if d.get("broken_at") is None else "chain.broken"
            said.append(f"{self._(key)} · {self._('lines', lines=count(d.get('lines')))}")
        return "；".join(said) if self.language == "zh" else "; ".join(said)

    def _reason(self, stated: str) -> str:
        """A reason chosen from a list in words, one that was written as it is."""
        return text(self.language, f"reason.{stated}") if has(f"reason.{stated}") else stated

    def way(self, line: Line) -> str:
        """By which way it came."""
        if line.details.get("file"):
            return self._("way.file")
        return self._(f"way.{WAYS.get(line.actor.kind, 'other')}")


WAYS = {
    Kind.ACCOUNT: "page",
    Kind.TOKEN: "token",
    Kind.SOURCE: "pull",
    Kind.SIMULATOR: "simulator",
    Kind.CONSOLE: "console",
    Kind.STRANGER: "page",
}


def _corrected(line: Line) -> tuple[str, tuple[object, object]] | None:
    """The field that stands for a single correction, with its value before and now."""
    corrected = line.details.get("corrections") or []
    if len(corrected) != 1:
        return None
    fields: Mapping[str, Any] = corrected[0].get("fields") or {}
    name = next((n for n in ("persons", "persons_total", *fields) if n in fields), None)
    return (name, (fields[name][0], fields[name][1])) if name is not None else None
