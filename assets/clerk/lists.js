/* Lists: the hours of the site, what waits on this phone, the sites a town may enter for. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count } = clerk;
  const { span, hour: called } = clerk.time;

  /** What became of an hour: [icon, word]. */
  function state(one) {
    if (one.trouble) return ["crit", t(`state.${one.trouble.state}`)];
    if (one.entry) return one.entry.state === "sent" ? ["ok", t("state.sent")] : ["off", t("state.waiting")];
    if (one.report) {
      const icons = { verified: "tick", returned: "ret", submitted: "sub" };
      return [icons[one.report.status], clerk.said(`status.${one.report.status}`)];
    }
    if (!one.open) return ["closed", t("state.closed")];
    if (!one.ended) return ["pend", t(one.begun ? "state.running" : "state.to_come")];
    return ["miss", t(one.overdue ? "state.missing" : "state.due")];
  }

  const persons = (one) => {
    const row = one.entry?.row;
    if (!row) return one.report?.persons ?? null;
    return row.persons ?? row.persons_total - one.before.persons;
  };

  /** One of the last hours, as a way to it. */
  function hour(one) {
    const [shape, word] = state(one);
    return h("a", { href: `#hour=${one.hour}` }, h("span", {}, called(one.ends_at)), h("b", {}, count(persons(one))),
      h("span", { class: "w" }, icon(shape), word));
  }

  function hours(app) {
    const rows = app.picture.hours.filter((one) => one.begun && (one.open || one.report)).reverse();
    return {
      title: t("lists.hours"), due: "", start: () => app.button({ text: t("lists.back"), quiet: true, act: () => app.go("") }),
      body: [h("ul", { class: "card rows" }, rows.map((one) => {
        const [shape, word] = state(one);
        const inside = [h("span", { class: "n" }, span(one.hour, one.ends_at)), h("span", { class: "w" }, icon(shape), word), h("b", {}, count(persons(one)))];
        return h("li", {}, h("a", { href: `#hour=${one.hour}` }, inside));
      }))],
    };
  }

  function waiting(app) {
    const entries = app.entries.filter((entry) => entry.state !== "sent" && entry.campaign === app.campaign);
    const states = { waiting: "off", refused: "crit", conflict: "warn" };
    const line = (entry) => h("li", {}, h("a", { href: `#site=${entry.site}&hour=${entry.row.hour}` },
      h("span", { class: "n" }, entry.label, app.places > 1 ? ` · ${entry.siteName}` : ""),
      h("span", { class: "w" }, icon(states[entry.state]), t(`state.${entry.state}`)),
      h("b", {}, count(entry.row.persons ?? entry.row.persons_total))),
    entry.answer ? h("p", { class: "small" }, entry.answer.message) : null);
    return {
      title: t("lists.waiting"), due: "", start: () => app.button({ text: t("lists.send_now"), act: () => app.send() }),
      body: [entries.length ? h("ul", { class: "card rows" }, entries.map(line)) : h("p", { class: "note" }, t("lists.none_waiting")),
        h("p", { class: "note" }, t("lists.waiting_note"))],
    };
  }

  /** The sites below a town or district, those that owe most first. */
  function sites(app) {
    const { sites: all } = app.below;
    const ordered = [...all].sort((a, b) => b.owed - a.owed || a.code.localeCompare(b.code));
    const list = h("ul", { class: "card rows" });
    const search = h("input", { type: "search", class: "words", "aria-label": t("lists.search"), placeholder: t("lists.search"), autocomplete: "off", oninput: () => fill() });
    function fill() {
      const words = search.value.trim().toLowerCase();
      const fits = (site) => !words || [site.name, site.name_en, site.code, site.parent_name].some((name) => name.toLowerCase().includes(words));
      list.replaceChildren(...ordered.filter(fits).map((site) => h("li", {}, h("a", { href: `#site=${encodeURIComponent(site.code)}` },
        h("span", { class: "n" }, clerk.name(site), h("span", { class: "small" }, `${clerk.name(site, "parent_name")} · ${site.code}`)),
        h("span", { class: "w" }, site.owed ? [icon("miss"), t("lists.owes", { count: site.owed })] : [icon("tick"), t("lists.owes_none")])))));
    }
    fill();
    return {
      title: t("lists.sites", { count: all.length }), due: "",
      start: () => app.button({ text: t("stack.open"), act: () => app.go("stack") }), first: null,
      body: [h("p", { class: "note" }, t("lists.sites_note")), search, list],
    };
  }

  clerk.lists = { hour, hours, waiting, sites, state };
})();
