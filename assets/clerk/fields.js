/* Inputs for counts. Three of them make a group: persons, tubes, third copies; beneath each stands what the figures
   say about each other. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t } = clerk;
  let numbers = 0;

  /** One count. `{label, hint, unit, compact, last, oninput}`; `value()` is null, NaN or a whole number. */
  function field({ name, label, hint, unit, compact, last, oninput }) {
    const id = `in-${(numbers += 1)}`;
    const input = h("input", {
      id, name, type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 12,
      enterkeyhint: last ? "done" : "next", "aria-describedby": `${id}-said`,
    });
    const aside = h("span", { class: "hint" }, hint ?? "");
    const message = h("div", { id: `${id}-said`, class: "msg", role: "status" });
    const box = h("div", { class: compact ? "in m" : "in" }, input, h("small", { "aria-hidden": "true" }, unit));
    const title = h("label", { for: id, class: compact ? "visually-hidden" : null }, label);
    const node = h("div", { class: "f" }, compact ? title : h("div", { class: "l" }, title, aside), box, message);
    let locked = false;
    input.addEventListener("input", () => oninput?.());
    input.addEventListener("focus", () => input.select());
    box.addEventListener("click", () => input.focus());
    return {
      node, input, name, label, message,
      value: () => clerk.rules.read(input.value),
      set: (value) => { input.value = value === null || value === undefined ? "" : String(value); },
      /** Say something beneath the field: `{kind, text}` or more nodes. */
      say(kind, ...content) {
        message.className = `msg ${kind ?? ""}`;
        const shown = content.filter(Boolean);
        message.replaceChildren(...(shown.length ? [kind ? icon(kind) : "", h("div", {}, ...shown)] : []));
        box.classList.toggle("bad", kind === "crit");
        input.setAttribute("aria-invalid", String(kind === "crit"));
      },
      name_(text, aside_) { title.textContent = text; if (aside_ !== undefined) aside.replaceChildren(aside_); },
      lock(on) { locked = on; input.readOnly = on; box.classList.toggle("lock", on); },
      get locked() { return locked; },
    };
  }

  const NAMES = ["persons", "tubes", "copies"];

  /** The three counts of one period.

      `hour`: texts {begins, ends}, `before`, `site` as for `rules.check`; `last`: figures of the hour before, for
      comparison; `hints` in their place; `first`: the figures a correction starts from. `onchange` after every key.
      read() → {figures: {persons, tubes, copies}, total, faults: [field names], empty: [field names], zero} */
  function group({ period, before, site, total = false, compact = false, hints = {}, onchange, extra = () => ({}) }) {
    const unknown = new Set();
    let zero = false;
    const parts = NAMES.map((name, index) => field({
      name, compact, unit: t(compact ? `unit.short.${name}` : `unit.${name}`), last: index === 2,
      label: "", hint: hints[name], oninput: () => { unknown.delete(name); zero = false; judge(); onchange?.(); },
    }));
    const [persons, tubes, copies] = parts;
    const by = { persons, tubes, copies };
    const status = compact ? h("span", { class: "state", role: "status" }) : null;

    function label() {
      for (const name of NAMES) {
        const sum = total && !(name === "copies" && before.third_copies === null);
        by[name].label = t(sum ? `field.total.${name}` : `field.${name}`, { hour: clerk.time.end(period.ends_at) });
        by[name].name_(compact ? `${clerk.time.span(period.hour, period.ends_at)} ${by[name].label}` : by[name].label);
      }
    }

    function values() {
      return Object.fromEntries(NAMES.map((name) => [name, by[name].value()]));
    }

    const clean = (number) => (Number.isNaN(number) ? null : number);

    function judge() {
      const typed = values();
      const figures = Object.fromEntries(NAMES.map((name) => [name, clean(typed[name])]));
      const limit = site.limit;
      const said = clerk.rules.check(figures, { total, before, site, ...extra() });
      for (const name of NAMES) {
        const one = said[name];
        if (Number.isNaN(typed[name])) by[name].say("crit", t("check.not_a_number"));
        else if (typed[name] > limit) by[name].say("crit", t("check.too_large", { limit: clerk.count(limit) }));
        else if (unknown.has(name)) by[name].say("", t("check.unknown"));
        else if (one) by[name].say(one.kind, t(one.text, written(one.params)));
        else if (name === "persons" && isZero(figures)) by[name].say(zero ? "ok" : "warn", ...askZero());
        else if (name !== "persons" && typed[name] === null && figures.persons !== null && !by[name].locked) {
          by[name].say("", h("button", { type: "button", class: "link", onclick: () => leave(name) }, t("form.leave")));
        } else by[name].say("");
      }
      if (status) summary();
    }

    const isZero = (figures) => (total ? figures.persons === before.persons : figures.persons === 0);

    function askZero() {
      if (zero) return [t("check.zero_confirmed")];
      if (persons.locked) return [];
      const confirm = () => { zero = true; judge(); onchange?.(); tubes.input.focus(); };
      return [t("check.zero"), h("button", { type: "button", class: "tap", onclick: confirm }, t("check.zero_confirm"))];
    }

    /** A count nobody knows is left out, which is not zero. */
    function leave(name) {
      unknown.add(name);
      judge();
      onchange?.();
    }

    function written(params) {
      return Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, typeof value === "number" ? clerk.count(value) : value])
      );
    }

    function read() {
      const typed = values();
      const figures = Object.fromEntries(NAMES.map((name) => [name, clean(typed[name])]));
      const said = clerk.rules.check(figures, { total, before, site, ...extra() });
      const faults = NAMES.filter(
        (name) => Number.isNaN(typed[name]) || typed[name] > site.limit || said[name]?.kind === "crit"
      );
      const empty = NAMES.filter((name) => typed[name] === null && !unknown.has(name));
      return { figures, total, faults, empty, zero: isZero(figures) && !zero };
    }

    function summary() {
      const { figures, faults, empty } = read();
      const said = clerk.rules.check(figures, { total, before, site, ...extra() }).tubes;
      status.className = `state ${faults.length ? "crit" : empty.length ? "" : said?.kind ?? ""}`;
      const text = faults.length ? t("check.faults", { count: faults.length })
        : empty.length ? t("check.short", { count: empty.length })
          : said?.kind === "ok" ? t(said.text, written(said.params)) : "";
      status.replaceChildren(faults.length ? icon("crit") : said?.kind === "ok" && !empty.length ? icon("ok") : "", text);
    }

    function set(figures) {
      for (const name of NAMES) by[name].set(figures[name]);
      judge();
    }

    /** Enter goes on to the next field; after the last one `done` is asked. */
    function keys(done) {
      parts.forEach((part, index) => part.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        const next = parts[index + 1];
        if (next) next.input.focus();
        else done();
      }));
    }

    label();
    judge();
    return {
      parts, by, status, read, set, judge, keys,
      lock(on) { for (const part of parts) part.lock(on); judge(); },
      confirm() { zero = true; judge(); },
      get total() { return total; },
      set total(on) { total = on; label(); judge(); },
    };
  }

  /** The figures of a group as a row of the contract; `before` turns a total of third copies into the hour's. */
  function toRow({ figures, total }, before) {
    const { persons, tubes, copies } = figures;
    const row = total ? { persons_total: persons, tubes_total: tubes } : { persons, tubes };
    row.third_copies = total && copies !== null && before.third_copies !== null ? copies - before.third_copies : copies;
    return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  }

  /** The figures of a row as a group shows them. */
  function fromRow(row, before) {
    const total = row.persons == null && row.persons_total != null;
    const copies = row.third_copies ?? null;
    return {
      total,
      persons: (total ? row.persons_total : row.persons) ?? null,
      tubes: (total ? row.tubes_total : row.tubes) ?? null,
      copies: total && copies !== null && before.third_copies !== null ? copies + before.third_copies : copies,
    };
  }

  Object.assign(clerk, { fields: { field, group, toRow, fromRow, NAMES } });
})();
