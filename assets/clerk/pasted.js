/* A pasted message, read: what was understood is underlined and listed for checking, what was not is listed too and
   goes nowhere. Nothing is sent from here: it fills the form. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count } = clerk;
  const { span } = clerk.time;

  function view(app, text = "", due = null) {
    const { picture } = app;
    const wanted = due ?? clerk.picture.due(picture);
    if (!text.trim()) return ask(app, wanted);
    const site = picture.site;
    const names = [site.name, site.name_en, site.code, site.parent_name, site.parent_name_en];
    const read = clerk.paste.parse(text, { hours: picture.hours, names });
    const groups = read.groups.map((group) => ({ ...group, hour: hourOf(picture, group, wanted) }));
    const understood = groups.reduce((sum, group) => sum + facts(app, group).length, 0);
    const fill = () => {
      for (const { group, values } of groups.map((group) => ({ group, values: filled(group) }))) {
        app.keepDraft(group.hour.hour, { ...values, more: { ...values.more, note: undefined } });
      }
      app.go(groups.length > 1 ? "" : `hour=${groups[0].hour.hour}`);
    };
    return {
      title: span(wanted.hour, wanted.ends_at), due: "",
      start: () => app.button(groups.length
        ? { text: t("paste.fill"), act: fill }
        : { text: t("paste.again"), quiet: true, act: () => app.show(ask(app, wanted, text)) }),
      body: [
        message(text, read, () => app.show(ask(app, wanted, text))),
        h("div", { class: "l" }, h("b", {}, t("paste.understood", { count: understood })), h("span", { class: "hint" }, t("paste.check"))),
        groups.map((group) => card(app, group)),
        read.unknown.map(({ said }) => h("div", { class: "card left-out" }, icon("miss", "miss"),
          h("div", {}, t("paste.unknown", { words: said }), h("div", { class: "small" }, t("paste.left_out"))),
          h("a", { class: "tap", href: app.problems() }, t("paste.problem")))),
        h("p", { class: "note" }, t("paste.note")),
      ],
      dirty: () => true,
    };
  }

  /** The hour a part of the message fills: the one it names, else the one that is due. */
  function hourOf(picture, group, wanted) {
    if (!group.period) return wanted;
    return picture.hours.find((hour) => hour.hour === group.period.hour && hour.ends_at === group.period.ends_at)
      ?? { ...group.period };
  }

  /** A part of the message as the form takes it: this hour's figures where it has them, else the totals. */
  function filled({ figures, totals }) {
    const total = figures.persons === undefined && totals.persons !== undefined;
    const from = total ? totals : figures;
    const more = Object.fromEntries(["special_cases", "queue_minutes", "lanes_open"]
      .filter((name) => name in figures).map((name) => [name, figures[name]]));
    return { total, persons: from.persons ?? null, tubes: from.tubes ?? null, copies: from.copies ?? null, more };
  }

  function message(text, { marks }, again) {
    const parts = [];
    let at = 0;
    for (const { from, to, kind } of marks) {
      if (from < at) continue;
      parts.push(text.slice(at, from), h("mark", { class: kind }, text.slice(from, to)));
      at = to;
    }
    parts.push(text.slice(at));
    return h("section", { class: "card" }, h("div", { class: "l" }, h("b", {}, t("paste.message")),
      h("button", { type: "button", class: "link", onclick: again }, t("paste.change"))), h("p", { class: "pasted" }, parts));
  }

  /** What one part of the message says, each with where it comes from or what it was held against. */
  function facts(app, group) {
    const values = filled(group);
    const { site } = app.picture;
    const before = group.hour.before ?? { persons: 0, tubes: 0, third_copies: 0 };
    const said = clerk.rules.check(values, { total: values.total, before, site, lanes_open: values.more.lanes_open });
    const rows = [];
    const say = (one) => (one ? t(one.text, Object.fromEntries(Object.entries(one.params).map(([k, v]) => [k, typeof v === "number" ? count(v) : v]))) : "");
    const from = (name) => {
      const source = group.sources[values.total ? `total.${name}` : name] ?? group.sources[name];
      if (!source) return "";
      return source.han ? t("paste.converted") : t("form.quote", { words: source.said });
    };
    const label = (name) => t(values.total ? `paste.total.${name}` : `paste.${name}`);
    rows.push({ kind: group.stray ? "warn" : "ok", name: t("paste.period"), value: span(group.hour.hour, group.hour.ends_at),
      note: group.stray ? t("paste.stray", { said: group.stray }) : group.time ? t("form.quote", { words: group.time }) : t("paste.not_said") });
    for (const name of clerk.fields.NAMES) {
      if (values[name] === null) continue;
      const check = said[name];
      rows.push({ kind: check?.kind ?? "ok", name: label(name), value: `${count(values[name])} ${t(`unit.${name}`)}`, note: say(check) || from(name) });
    }
    if (!values.total && group.totals.persons !== undefined) {
      const sum = before.persons + (values.persons ?? 0);
      const fits = sum === group.totals.persons;
      rows.push({ kind: fits ? "ok" : "warn", name: t("paste.total.persons"), value: `${count(group.totals.persons)} ${t("unit.persons")}`,
        note: t(fits ? "paste.sum_fits" : "paste.sum_differs", { before: count(before.persons), added: count(values.persons ?? 0), sum: count(sum) }) });
    }
    for (const [name, value] of Object.entries(values.more)) {
      rows.push({ kind: "ok", name: t(`paste.${name}`), value: `${count(value)} ${t(`unit.${name}`)}`, note: from(name) });
    }
    return rows;
  }

  const card = (app, group) => h("dl", { class: "card facts" }, facts(app, group).map(({ kind, name, value, note }) =>
    h("div", { class: "fact" }, icon(kind, kind), h("dt", {}, name), h("dd", {}, h("b", {}, value)), h("dd", { class: "why" }, note))));

  function ask(app, wanted, text = "") {
    const area = h("textarea", { id: "pasted", rows: 6, "aria-describedby": "paste-how", value: text });
    const read = () => { if (area.value.trim()) app.show(view(app, area.value, wanted)); else area.focus(); };
    area.addEventListener("paste", () => setTimeout(read));
    const change = () => app.button({ text: t("paste.read"), act: read, blocked: !area.value.trim() });
    area.addEventListener("input", change);
    return {
      title: span(wanted.hour, wanted.ends_at), due: "", start: change, first: area,
      body: [h("div", { class: "f" }, h("div", { class: "l" }, h("label", { for: "pasted" }, t("paste.label"))), area),
        h("p", { id: "paste-how", class: "note" }, t("paste.how")), h("p", { class: "note" }, t("paste.example"))],
      dirty: () => area.value !== "",
    };
  }

  clerk.pasted = { view };
})();
