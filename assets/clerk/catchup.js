/* Several hours are owed: each on a card of its own, the oldest first, or one record over all of them where only
   their sum is known. The system never divides that record. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count, signed, tiles } = clerk;
  const { span, hour: called } = clerk.time;
  const SHOWN = 8;

  function view(app, how = "each") {
    const { picture } = app;
    const owed = picture.runs.flat();
    const periods = how === "each" ? owed.slice(0, SHOWN) : picture.runs.map(together);
    const site = clerk.form.context(picture);
    const cards = periods.map((period) => {
      const group = clerk.fields.group({ period, before: period.before, site, compact: true, onchange: () => changed() });
      const draft = app.draft(period.hour);
      if (draft && !draft.total) group.set(draft);
      return { period, group };
    });
    cards.forEach(({ group }, index) => group.keys(() => {
      const next = cards[index + 1];
      if (next) next.group.by.persons.input.focus();
      else submit();
    }));
    const why = clerk.cause("late", { onchange: () => changed(), words: false });
    const sums = [h("div", { class: "v" }), h("div", { class: "v" }), h("div", { class: "v" })];

    /** The whole of a run as one period. */
    function together(run) {
      const [first, last] = [run[0], run[run.length - 1]];
      return { ...first, ends_at: last.ends_at, due_at: last.due_at, count: run.length };
    }

    const card = ({ period, group }) => h("section", { class: "card hour", "aria-label": span(period.hour, period.ends_at) },
      h("div", { class: "top" }, h("h2", {}, span(period.hour, period.ends_at)), group.status),
      h("div", { class: "three" }, group.parts.map((part) => part.node)));

    function stop() {
      for (const { group } of cards) {
        const first = clerk.form.blocked(group);
        if (first) return { ...first, text: first.text };
      }
      if (why.chosen()) return null;
      return { text: t("catchup.choose_cause"), act: () => why.node.querySelector("button").focus(), blocked: true };
    }

    function changed() {
      const before = cards[0].period.before.persons;
      const added = cards.reduce((sum, { group }) => sum + (group.read().figures.persons ?? 0), 0);
      sums[0].textContent = count(before);
      sums[1].textContent = signed(added);
      sums[2].textContent = count(before + added);
      for (const { period, group } of cards) app.keepDraft(period.hour, { ...group.read().figures, total: false });
      app.button(stop() ?? { text: t("catchup.submit", { count: how === "each" ? cards.length : owed.length }), act: submit });
    }

    async function submit() {
      const first = stop();
      if (first) return first.act();
      const note = why.note();
      const interval = picture.campaign.interval_minutes / 60;
      for (const { period, group } of cards) {
        const ends = clerk.time.at(period.ends_at) - clerk.time.at(period.hour);
        const hours = ends / 3600000;
        const row = {
          key: clerk.queue.newKey(site.code, period.hour), site: site.code, hour: period.hour,
          ...(hours === interval ? {} : { hours }), ...clerk.fields.toRow(group.read(), period.before), note, ...app.channel(),
        };
        app.keepDraft(period.hour, null);
        await app.save(row, span(period.hour, period.ends_at), { later: true });
      }
      await app.saved();
    }

    const names = owed.slice(0, 3).map((one) => called(one.ends_at)).join(t("form.and")) + (owed.length > 3 ? "…" : "");
    const lastBefore = called(owed[0].hour);
    return {
      title: t("catchup.title", { count: owed.length }),
      due: t("catchup.now", { at: clerk.time.shown(picture.now, picture.answer.server_time) }),
      strip: h("div", { class: "strip late", role: "status" }, icon("late"),
        h("div", {}, t("catchup.strip", { hours: names }), " ", t(how === "each" ? "catchup.each_first" : "catchup.sum_first"))),
      start: changed,
      first: cards[0].group.by.persons.input,
      body: [
        tiles(t("catchup.how"), [["each", t("catchup.each")], ["sum", t("catchup.sum")]], how,
          (value) => app.show(view(app, value)), 2),
        cards.map(card),
        owed.length > periods.length && how === "each" ? h("p", { class: "note" }, t("catchup.more", { count: owed.length - SHOWN })) : null,
        h("div", { class: "card sums" },
          h("div", {}, h("div", { class: "small" }, t("catchup.before", { hour: lastBefore })), sums[0]),
          h("div", {}, h("div", { class: "small" }, t("catchup.added", { count: owed.length })), sums[1]),
          h("div", {}, h("div", { class: "small" }, t("catchup.after")), sums[2])),
        why.node,
        h("p", { class: "note" }, t("catchup.note", { at: clerk.time.clock(owed[0].ends_at) })),
      ],
      dirty: () => cards.some(({ group }) => group.parts.some((part) => part.input.value !== "")),
    };
  }

  clerk.catchup = { view };
})();
