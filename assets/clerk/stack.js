/* A stack of paper forms after an outage: one site after the other, hours as rows like on the paper, all by keyboard.
   Enter goes to the next cell, Ctrl+Enter keeps the form and asks for the next one. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count } = clerk;
  const { span } = clerk.time;
  const COLUMNS = ["persons", "tubes", "copies", "special_cases"];

  function view(app) {
    const done = { forms: 0, rows: 0 };
    let rows = [], picture = null;
    const options = h("datalist", { id: "stack-sites" }, app.below.sites.map((site) =>
      h("option", { value: `${site.code} ${clerk.name(site)}` })));
    const chosen = h("input", {
      id: "stack-site", class: "words", list: "stack-sites", autocomplete: "off", onchange: () => open(),
      onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); open(); } },
    });
    const place = h("div", {});
    const tally = h("p", { class: "note", role: "status" });

    function found() {
      const typed = chosen.value.trim().toLowerCase();
      if (!typed) return null;
      const { sites } = app.below;
      const exact = sites.find((site) => [site.code, site.name, `${site.code} ${clerk.name(site)}`].some((one) => one.toLowerCase() === typed));
      const like = sites.filter((site) => [site.code, site.name, site.name_en].some((one) => one.toLowerCase().includes(typed)));
      return exact ?? (like.length === 1 ? like[0] : null);
    }

    async function open() {
      const site = found();
      if (!site || picture?.site.code === site.code) return;
      chosen.value = `${site.code} ${clerk.name(site)}`;
      picture = await app.pictureOf(site.code);
      if (!picture) {
        place.replaceChildren(h("p", { class: "note" }, t("stack.not_here")));
        return;
      }
      rows = picture.hours.filter((hour) => hour.begun && (hour.open || hour.report)).map(line);
      const sums = COLUMNS.map(() => h("td", {}));
      place.replaceChildren(
        h("table", { class: "card stack" },
          h("caption", { class: "visually-hidden" }, clerk.name(picture.site)),
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("paper.hour")), COLUMNS.map((name) => h("th", { scope: "col" }, t(`field.short.${name}`))), h("th", { scope: "col" }, t("stack.check")))),
          h("tbody", {}, rows.map((row) => row.node)),
          h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, t("paper.sum")), sums, h("td", { class: "small" }, t("stack.compare"))))));
      place.oninput = () => { total(sums); changed(); };
      total(sums);
      changed();
      rows.find((row) => row.cells)?.cells[0].focus();
    }

    /** One hour: cells to type in, or what stands already. */
    function line(hour) {
      const name = span(hour.hour, hour.ends_at);
      const known = hour.entry?.row ?? (hour.report && { ...hour.report.figures, persons: hour.report.persons, tubes: hour.report.tubes });
      if (known) {
        const values = [known.persons, known.tubes, known.third_copies, known.special_cases];
        const [shape, word] = clerk.lists.state(hour);
        return { values: () => values, node: h("tr", { class: "stands" }, h("th", { scope: "row" }, name), values.map((value) => h("td", {}, count(value))), h("td", { class: "small" }, icon(shape), " ", word)) };
      }
      const cells = COLUMNS.map((column) => h("input", {
        type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 9, "aria-label": `${name} ${t(`field.short.${column}`)}`, onkeydown: keys,
      }));
      const said = h("td", { class: "small", role: "status" });
      const values = () => cells.map((cell) => clerk.rules.read(cell.value));
      const judge = () => {
        const [persons, tubes, copies] = values();
        const bad = values().some(Number.isNaN);
        const message = bad ? { kind: "crit", text: "check.not_a_number", params: {} }
          : persons === null && values().some((value) => value !== null) ? { kind: "crit", text: "stack.no_persons", params: {} }
            : worst(clerk.rules.check({ persons, tubes, copies }, { total: false, before: hour.before, site: picture.site }));
        const shown = message && message.kind !== "ok";
        said.className = `small ${shown ? message.kind : ""}`;
        said.replaceChildren(...(shown ? [icon(message.kind), " ", t(message.text, message.params)] : []));
        return message?.kind === "crit";
      };
      for (const cell of cells) cell.addEventListener("input", judge);
      return { hour, cells, values, judge, node: h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", {}, cell)), said) };
    }

    const worst = (said) => Object.values(said).filter(Boolean).sort((a, b) => ["crit", "warn", "ok"].indexOf(a.kind) - ["crit", "warn", "ok"].indexOf(b.kind))[0];

    function keys(event) {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) { keep(); return; }
      const all = rows.flatMap((row) => row.cells ?? []);
      const next = all[all.indexOf(event.target) + 1];
      if (next) next.focus();
      else keep();
    }

    const filled = () => rows.filter((row) => row.cells && row.values().some((value) => value !== null));

    function total(sums) {
      sums.forEach((cell, index) => {
        const values = rows.map((row) => row.values()[index]).filter((value) => value !== null && !Number.isNaN(value) && value !== undefined);
        cell.textContent = values.length ? count(values.reduce((a, b) => a + b, 0)) : "—";
      });
    }

    function changed() {
      const ready = filled();
      const wrong = ready.filter((row) => row.judge());
      const first = wrong[0]?.cells[0];
      if (!picture) app.button({ text: t("stack.choose"), blocked: true, act: () => chosen.focus() });
      else if (wrong.length) app.button({ text: t("form.mend", { count: wrong.length }), blocked: true, act: () => first.focus() });
      else if (!ready.length) app.button({ text: t("stack.fill"), blocked: true, act: () => rows.find((row) => row.cells)?.cells[0].focus() });
      else app.button({ text: t("stack.keep", { count: ready.length }), act: keep });
    }

    async function keep() {
      const ready = filled();
      if (!ready.length || ready.some((row) => row.judge())) return changed();
      const { site } = picture;
      for (const { hour, values } of ready) {
        const [persons, tubes, third_copies, special_cases] = values();
        const figures = Object.entries({ persons, tubes, third_copies, special_cases }).filter(([, value]) => value !== null);
        const row = { key: clerk.queue.newKey(site.code, hour.hour), site: site.code, hour: hour.hour, ...Object.fromEntries(figures), channel: "paper" };
        await app.save(row, span(hour.hour, hour.ends_at), { later: true, site });
      }
      done.forms += 1;
      done.rows += ready.length;
      tally.textContent = t("stack.done", done);
      rows = [];
      picture = null;
      chosen.value = "";
      place.replaceChildren();
      chosen.focus();
      changed();
      app.send();
    }

    return {
      title: t("stack.title"), due: "", start: changed, first: chosen, wide: true,
      body: [h("p", { class: "note" }, t("stack.how")), h("div", { class: "f" }, h("div", { class: "l" }, h("label", { for: "stack-site" }, t("stack.site"))), chosen, options), place, tally],
      dirty: () => !!picture,
    };
  }

  clerk.stack = { view };
})();
