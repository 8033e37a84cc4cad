/* One hour: entering it, what was entered, correcting it, entering it anew after the town sent it back. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, count } = clerk;
  const { span, hour: called } = clerk.time;
  const MORE = ["special_cases", "queue_minutes", "lanes_open"];

  /** What the town questions decides which counts stand open; others take one tap. */
  const QUESTIONED = {
    third_copies_differ: ["tubes", "copies"], persons_over_tubes: ["persons", "tubes"], total_falls: ["persons"],
    total_differs: ["persons"], outlier: ["persons"], zero_while_open: ["persons"],
  };

  /** The view of one hour. `app` is the page (see app.js); `wanted` is an hour of the picture. */
  function view(app, wanted, { correcting = false } = {}) {
    const { picture } = app;
    const { report, entry } = wanted;
    const back = report?.sent_back && !entry ? report.sent_back : null;
    if (entry) return entered(app, wanted, entry);
    if (wanted.trouble) return trouble(app, wanted);
    if (report && (back || correcting)) return correction(app, wanted, report, back);
    if (report) return standing(app, wanted, report);
    return fresh(app, wanted, null, picture);
  }

  const context = (picture) => ({ ...picture.site, limit: picture.answer.limits.count });

  /** The hour before, for comparison: the last one that has a report or an entry. */
  function earlier(picture, wanted) {
    const known = picture.hours.filter((hour) => hour.hour < wanted.hour && (hour.report || hour.entry));
    const last = known[known.length - 1];
    if (!last) return {};
    const { row } = last.entry ?? {};
    const figures = row ? { persons: row.persons, tubes: row.tubes } : last.report;
    const said = (value) => (value == null ? undefined : t("form.earlier", { hour: called(last.ends_at), count: count(value) }));
    return { persons: said(figures.persons), tubes: said(figures.tubes) };
  }

  /** An hour nobody has reported; `entry` is what waits and is being changed. */
  function fresh(app, wanted, entry, picture) {
    const site = context(picture);
    const draft = entry ? null : app.draft(wanted.hour);
    const filled = entry ? clerk.fields.fromRow(entry.row, wanted.before) : draft;
    const more = extras(entry?.row ?? draft?.more, () => changed());
    const group = clerk.fields.group({
      period: wanted, before: wanted.before, site, total: filled?.total ?? app.prefers("total"),
      hints: { ...earlier(picture, wanted), copies: t("form.same_as_tubes") }, extra: () => more.limits(),
      onchange: () => changed(),
    });
    if (filled) group.set(filled);
    const sums = summary(app, wanted, group);
    group.keys(() => submit());

    function changed() {
      group.judge();
      sums.show();
      app.keepDraft(wanted.hour, entry ? null : { ...group.read().figures, total: group.total, more: more.read() });
      app.button(blocked(group) ?? { text: t(entry ? "form.save_change" : "form.submit"), act: submit });
    }

    async function submit() {
      const stop = blocked(group);
      if (stop) return stop.act();
      const row = {
        key: entry?.key ?? clerk.queue.newKey(site.code, wanted.hour), site: site.code, hour: wanted.hour,
        ...clerk.fields.toRow(group.read(), wanted.before), ...more.read(), ...app.channel(),
      };
      app.keepDraft(wanted.hour, null);
      await (entry ? app.change(entry, row) : app.save(row, span(wanted.hour, wanted.ends_at)));
    }

    return {
      ...heading(app, wanted), start: changed, first: group.by.persons.input,
      body: [...group.parts.map((part) => part.node), sums.node, more.node, history(app, wanted)],
      dirty: () => !group.locked && NAMES_TYPED(group),
    };
  }

  const NAMES_TYPED = (group) => group.parts.some((part) => part.input.value !== "");

  /** Why an entry cannot go yet: the first thing to do, as the button says it. */
  function blocked(group, need) {
    const { faults, empty, zero } = group.read();
    const to = (name) => () => group.by[name].input.focus();
    if (faults.length) return { text: t("form.mend", { count: faults.length }), act: to(faults[0]), blocked: true };
    if (empty.length) {
      const names = empty.map((name) => t(`field.short.${name}`)).join(t("form.and"));
      return { text: t("form.fill", { fields: names }), act: to(empty[0]), blocked: true };
    }
    if (zero) return { text: t("form.confirm_zero"), act: to("persons"), blocked: true };
    return need ?? null;
  }

  /** What was entered here and has not come back from the server as a report. */
  function entered(app, wanted, entry) {
    const { picture } = app;
    const group = shown(picture, wanted, entry.row);
    const at = clerk.time.shown(entry.campaignTime, picture.answer.server_time);
    const sent = entry.state === "sent";
    return {
      ...heading(app, wanted),
      start: () => app.button(sent
        ? { text: t("form.sent_change"), done: true, quiet: true, act: () => app.go(`correct=${wanted.hour}`) }
        : { text: t("form.saved_change"), done: true, quiet: true, act: () => app.show(edit(app, wanted, entry)) }),
      body: [
        ...group, summary(app, wanted).node,
        h("p", { class: "note", role: "status" }, t(sent ? "form.sent_at" : "form.saved_at", { at })),
        history(app, wanted),
      ],
    };
  }

  /** What waits may be changed until it is sent; what may have been sent already gets a correction behind it. */
  function edit(app, wanted, entry) {
    if (entry.row.correction_of) {
      const corrected = wanted.report;
      if (corrected) return correction(app, wanted, corrected, corrected.sent_back, entry);
    }
    return fresh(app, { ...wanted, entry: null }, entry, app.picture);
  }

  /** What counts: figures, who and when, and the way to a correction. */
  function standing(app, wanted, report) {
    const when = { at: clerk.time.clock(report.recorded_at), by: report.by, version: report.version };
    const word = clerk.said(`status.${report.status}`);
    const flags = report.flags.filter((flag) => !["late", "catch_up"].includes(flag));
    const figures = { ...report.figures, ...(report.figures.persons == null ? { persons: report.persons, tubes: report.tubes, persons_total: null } : {}) };
    const next = clerk.picture.next(app.picture);
    return {
      ...heading(app, wanted),
      start: () => app.button({ text: t("form.correct"), quiet: true, act: () => app.go(`correct=${wanted.hour}`) }),
      body: [
        h("div", { class: "msg ok big", role: "status" }, icon("ok"), h("div", {}, t("form.standing", { ...when, status: word }),
          next ? h("span", { class: "mut" }, ` ${t("form.next", { span: span(next.hour, next.ends_at), due: clerk.time.clock(next.due_at) })}`) : null)),
        ...shown(app.picture, wanted, figures),
        ...flags.map((flag) => h("div", { class: "msg warn" }, icon("warn"), h("div", {}, clerk.said(`flag.${flag}`)))),
        report.channel ? h("p", { class: "note" }, clerk.said(`channel.${report.channel}`), " · ", report.by) : null,
        report.note ? h("p", { class: "note" }, t("form.note", { note: report.note })) : null,
        summary(app, wanted).node, versions(report), history(app, wanted),
      ],
    };
  }

  function shown(picture, wanted, row) {
    const filled = clerk.fields.fromRow(row, wanted.before);
    const group = clerk.fields.group({ period: wanted, before: wanted.before, site: context(picture), total: filled.total });
    group.set(filled);
    group.lock(true);
    group.confirm();
    return group.parts.map((part) => part.node);
  }

  /** A report that is to be replaced: by the clerk's own wish, or because the town sent it back. */
  function correction(app, wanted, report, back, entry = null) {
    const { picture } = app;
    const former = clerk.fields.fromRow(report.figures, wanted.before);
    const questioned = back ? (QUESTIONED[back.reason] ?? clerk.fields.NAMES) : clerk.fields.NAMES;
    const more = extras(entry?.row ?? report.figures, () => changed());
    const period = { hour: report.hour, ends_at: report.ends_at };
    const group = clerk.fields.group({
      period, before: wanted.before, site: context(picture), total: former.total, extra: () => more.limits(),
      onchange: () => changed(),
    });
    group.set(entry ? clerk.fields.fromRow(entry.row, wanted.before) : former);
    group.confirm();
    const why = clerk.cause("differs", { onchange: () => changed() });
    for (const name of clerk.fields.NAMES) hint(name);
    const parts = clerk.fields.NAMES.map((name) => (questioned.includes(name) ? group.by[name].node : folded(name)));

    function hint(name) {
      const text = former[name] === null ? t("form.was_unknown") : t("form.was", { count: count(former[name]) });
      const asked = back && name === questioned[questioned.length - 1];
      group.by[name].name_(group.by[name].label,
        asked ? h("b", { class: "warn" }, t("form.was_returned", { count: count(former[name]) })) : text);
    }

    /** A count nobody questions stands on one line until it is opened. */
    function folded(name) {
      const place = h("div", { class: "card fold" },
        h("div", {}, h("div", { class: "small" }, group.by[name].label),
          h("div", { class: "v" }, count(former[name]), h("small", {}, t("form.not_questioned", { unit: t(`unit.${name}`) })))),
        h("button", { type: "button", class: "tap quiet", onclick: () => { place.replaceWith(group.by[name].node); group.by[name].input.focus(); } },
          t("form.also")));
      return place;
    }

    function changes() {
      const { figures } = group.read();
      const sent = more.read();
      return clerk.fields.NAMES.filter((name) => figures[name] !== former[name]).length
        + MORE.filter((name) => (sent[name] ?? null) !== (report.figures[name] ?? null)).length;
    }

    function stop() {
      const first = blocked(group);
      if (first || why.chosen()) return first;
      const act = () => why.node.querySelector("button").focus();
      return { text: t("form.choose_cause"), act, blocked: true };
    }

    function changed() {
      group.judge();
      const number = changes();
      app.button(stop() ?? { text: number ? t("form.resend", { count: number }) : t("form.resend_same"), act: submit });
    }

    async function submit() {
      const first = stop();
      if (first) return first.act();
      const { positives, pool_size } = report.figures;
      const kept = Object.fromEntries(Object.entries({ positives, pool_size }).filter(([, value]) => value !== null));
      const hours = report.hours * 60 === picture.campaign.interval_minutes ? {} : { hours: report.hours };
      const row = {
        key: entry?.key ?? clerk.queue.newKey(picture.site.code, report.hour), site: picture.site.code, hour: report.hour,
        ...hours, ...kept, ...clerk.fields.toRow(group.read(), wanted.before), ...more.read(), ...app.channel(),
        note: why.note(), correction_of: report.key,
      };
      await (entry ? app.change(entry, row) : app.save(row, span(report.hour, report.ends_at)));
    }

    group.keys(() => submit());
    const first = clerk.t("form.kept", { version: report.version, at: clerk.time.clock(report.recorded_at) });
    const again = back ? t("form.checked_by", { by: back.by }) : "";
    return {
      ...heading(app, wanted, back ? t("form.send_again") : ""), start: changed, strip: back ? returned(back) : null,
      first: back ? group.by[questioned[questioned.length - 1]].input : null,
      body: [...parts, why.node, more.node, h("p", { class: "note" }, `${first}${again}`), versions(report)],
      dirty: () => changes() > 0 || !!why.chosen(),
    };
  }

  function returned(back) {
    const reason = reasonOf(back.reason);
    const words = back.note ? t("form.quote", { words: back.note }) : "";
    return h("div", { class: "strip returned", role: "status" }, icon("ret"), h("div", {},
      h("b", {}, t("form.returned", { reason })),
      h("div", { class: "mut" }, t("form.returned_by", { by: back.by, at: clerk.time.clock(back.at) }), words)));
  }

  const reasonOf = (code) => clerk.said(`reason.${code}`) || code;

  /** Every version before this one, on request. */
  function versions(report) {
    if (!report.earlier.length) return null;
    const line = ({ recorded_at, figures }, index) => h("li", {}, t("form.version", {
      version: report.version - 1 - index, at: clerk.time.clock(recorded_at),
      persons: count(figures.persons ?? figures.persons_total), tubes: count(figures.tubes ?? figures.tubes_total),
      copies: count(figures.third_copies),
    }));
    return h("details", { class: "fold-list" }, h("summary", {}, t("form.versions", { count: report.earlier.length })),
      h("ul", {}, report.earlier.map(line)));
  }

  /** Special cases, queue, open lanes: one tap away. */
  function extras(filled, onchange) {
    const fields = Object.fromEntries(MORE.map((name) => [name, clerk.fields.field({
      name, label: t(`field.${name}`), unit: t(`unit.${name}`), compact: false, oninput: onchange,
    })]));
    let open = false;
    for (const name of MORE) {
      fields[name].set(filled?.[name]);
      open ||= filled?.[name] != null;
    }
    const value = (name) => { const number = fields[name].value(); return Number.isNaN(number) ? null : number; };
    return {
      node: h("details", { class: "more", open },
        h("summary", {}, t("form.more"), h("span", { class: "hint" }, t("form.more_hint"))),
        MORE.map((name) => fields[name].node)),
      read: () => Object.fromEntries(MORE.map((name) => [name, value(name)]).filter(([, number]) => number !== null)),
      limits: () => ({ lanes_open: value("lanes_open") }),
    };
  }

  /** Totals with this hour in them, and the way to enter totals instead. */
  function summary(app, wanted, group = null) {
    const { site } = app.picture;
    const cell = (label) => h("div", {}, h("div", { class: "small" }, label), h("div", { class: "v" }));
    const cells = ["persons", "tubes", "done"].map((name) => cell(t(`sum.${name}`)));
    const node = h("div", { class: "card sums" }, cells);
    const put = (index, text) => { cells[index].lastChild.textContent = text; };
    if (group) {
      const words = () => t(group.total ? "form.enter_hour" : "form.enter_total", { hour: clerk.time.end(wanted.ends_at) });
      const other = h("button", { type: "button", class: "link", onclick: () => {
        group.total = !group.total;
        app.prefer("total", group.total);
        other.textContent = words();
        group.parts[0].input.focus();
        show();
      } }, words());
      node.append(h("div", { class: "other" }, other));
    }
    function show() {
      const figures = group ? group.read().figures : null;
      let { persons, tubes } = app.picture.totals;
      if (figures) {
        const add = (before, value) => (before === null || value === null ? before : before + value);
        persons = group.total ? figures.persons ?? persons : add(persons, figures.persons);
        tubes = group.total ? figures.tubes ?? tubes : add(tubes, figures.tubes);
      }
      put(0, count(persons));
      put(1, count(tubes));
      put(2, site.target ? `${((persons / site.target) * 100).toFixed(1)}%` : "—");
    }
    show();
    return { node, show };
  }

  /** The last hours, each a way to that hour. */
  function history(app, wanted) {
    const begun = app.picture.hours.filter((hour) => hour.begun && (hour.open || hour.report));
    const last = begun.filter((hour) => hour.hour !== wanted.hour).slice(-4);
    return h("nav", { class: "hist", "aria-label": t("form.history") }, last.map((hour) => app.lists.hour(hour)));
  }

  function heading(app, wanted, deadline = "") {
    const clock = clerk.time.clock(wanted.due_at);
    const done = wanted.report || wanted.entry || wanted.trouble;
    const due = deadline || (done ? clerk.lists.state(wanted)[1] : t(wanted.overdue ? "head.overdue" : "head.due", { at: clock }));
    return { title: span(wanted.hour, wanted.ends_at), due };
  }

  /** An entry the server did not take: why, and what can be done. */
  function trouble(app, wanted) {
    const entry = wanted.trouble;
    if (entry.state === "conflict") return clerk.conflict.view(app, entry);
    const fixed = fresh(app, { ...wanted, trouble: null }, entry, app.picture);
    const strip = h("div", { class: "strip crit", role: "alert" }, icon("crit"), h("div", {},
      h("b", {}, t("form.refused")), h("div", {}, entry.answer.message)));
    const drop = h("button", { type: "button", class: "link", onclick: () => app.drop(entry) }, t("form.drop"));
    return { ...fixed, strip, body: [...fixed.body, drop] };
  }

  clerk.form = { view, blocked, summary, context, reasonOf, history };
})();
