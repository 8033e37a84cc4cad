/* Two figures for one hour: what this phone holds and what stands, side by side. A person picks; nothing is
   overwritten silently. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count } = clerk;
  const { at, span } = clerk.time;
  const SHOWN = [
    ["persons", "persons"], ["persons_total", "total.persons"], ["tubes", "tubes"], ["tubes_total", "total.tubes"],
    ["third_copies", "copies"], ["special_cases", "special_cases"],
  ];

  /** `entry` is one of this phone's, or one the server refused from another (`remote`, see app.js). */
  function view(app, entry) {
    const { picture } = app;
    const from = at(entry.row.hour), to = at(clerk.picture.ends(entry.row, picture.answer));
    const standing = picture.answer.reports.filter((one) => at(one.hour) < to && at(one.ends_at) > from);
    const ends = clerk.picture.ends(entry.row, picture.answer);
    const title = span(entry.row.hour, ends);
    if (!standing.length) return gone(app, entry, title);
    // One report that lies wholly inside what this phone holds can be replaced by it; another would lose hours.
    const other = standing.length === 1 && at(standing[0].hour) >= from && at(standing[0].ends_at) <= to ? standing[0] : null;
    let chosen = null;
    const why = clerk.cause("differs", { onchange: () => changed() });
    why.node.hidden = true;
    const choice = clerk.tiles(t("conflict.choose"), [
      ["theirs", t("conflict.theirs")], other ? ["mine", t("conflict.mine")] : ["open", t("conflict.open")],
    ], null, (value) => { chosen = value; why.node.hidden = value !== "mine"; changed(); }, 1);

    function changed() {
      const texts = { theirs: "conflict.keep", mine: "conflict.send", open: "conflict.open" };
      if (!chosen) return app.button({ text: t("conflict.choose"), blocked: true, act: () => choice.querySelector("button").focus() });
      if (chosen === "mine" && !why.chosen()) {
        return app.button({ text: t("form.choose_cause"), blocked: true, act: () => why.node.querySelector("button").focus() });
      }
      return app.button({ text: t(texts[chosen]), act });
    }

    async function act() {
      if (chosen === "theirs") return app.drop(entry);
      if (chosen === "open") { await app.drop(entry, { quiet: true }); return app.go(`correct=${standing[0].hour}`); }
      const key = clerk.queue.newKey(entry.row.site, entry.row.hour);
      const row = { ...entry.row, key, correction_of: other.key, note: why.note() };
      return app.replace(entry, row, title);
    }

    const mine = figures(entry.row), theirs = standing.map((one) => figures({ ...one.figures, ...derived(one) }));
    const names = SHOWN.filter(([name]) => mine[name] != null || theirs.some((one) => one[name] != null));
    const mineBy = entry.remote ? t("conflict.other_by", { by: entry.remote.by, at: clerk.time.clock(entry.remote.at) })
      : t("conflict.mine_by", { at: clerk.time.shown(entry.campaignTime, picture.answer.server_time) });
    const head = h("tr", {}, h("td", {}), h("th", { scope: "col" }, t(entry.remote ? "conflict.held_back" : "conflict.this_phone"), h("div", { class: "small" }, mineBy)),
      standing.map((one) => h("th", { scope: "col" }, t("conflict.stands"), h("div", { class: "small" },
        standing.length > 1 ? `${span(one.hour, one.ends_at)} ` : "", t("conflict.other_by", { by: one.by, at: clerk.time.clock(one.recorded_at) })))));
    const line = ([name, text]) => h("tr", {}, h("th", { scope: "row" }, t(`field.short.${text}`)),
      h("td", { class: theirs.some((one) => one[name] !== mine[name]) ? "differs" : null }, count(mine[name])),
      theirs.map((one) => h("td", { class: one[name] !== mine[name] ? "differs" : null }, count(one[name]))));
    return {
      title, due: "", start: changed,
      strip: h("div", { class: "strip late", role: "alert" }, icon("warn"), h("div", {}, h("b", {}, t("conflict.title", { span: title })),
        h("div", {}, t(other ? "conflict.what" : "conflict.overlaps")))),
      body: [h("table", { class: "card two" }, h("caption", { class: "visually-hidden" }, t("conflict.title", { span: title })),
        h("thead", {}, head), h("tbody", {}, names.map(line))), choice, why.node, h("p", { class: "note" }, t("conflict.note"))],
      dirty: () => !!chosen,
    };
  }

  const figures = (row) => Object.fromEntries(SHOWN.map(([name]) => [name, row[name] ?? null]));
  const derived = (report) => (report.figures.persons == null ? {} : { persons: report.persons });

  /** What it contradicted is no longer there: it may simply go again. */
  function gone(app, entry, title) {
    return {
      title, due: "", start: () => app.button({ text: t("conflict.send_now"), act: () => app.again(entry) }),
      body: [h("p", {}, t("conflict.gone")), h("button", { type: "button", class: "link", onclick: () => app.drop(entry) }, t("form.drop"))],
    };
  }

  clerk.conflict = { view };
})();
