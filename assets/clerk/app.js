/* The page: who is here, for which site, what is shown; when it asks the server and when it sends. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, icon, t, store, queue } = clerk;
  const MINUTE_MS = 60000;
  const TRY_MS = [3000, 5000, 10000, 20000, 30000, 60000];
  const WRITERS = ["site", "town", "district"];
  const [head, strips, body, foot] = ["head", "strips", "body", "foot"].map((id) => document.getElementById(id));

  const app = {
    me: null, campaign: "", site: "", answer: null, received: 0, entries: [], picture: null, below: null, places: 1,
    lists: clerk.lists, drafts: {}, online: true, signedOut: false, refused: "", lasting: true, shown: null,
  };
  let tries = 0, timer = null, installing = null;

  // -- where we are

  const asked = () => new URLSearchParams(location.hash.slice(1));
  const inAddress = (name) => asked().get(name) ?? new URLSearchParams(location.search).get(name);

  /** Shows another part of the form; the way back is the browser's own. */
  app.go = (to) => {
    const target = `#${to}`;
    if (location.hash === target || (!to && !location.hash)) render({ force: true });
    else location.hash = target;
  };

  /** A view: {title, due, strip, body, start, first, dirty}. */
  app.show = (view) => {
    app.shown = { ...app.shown, view };
    window.scrollTo(0, 0);
    document.body.classList.toggle("wide", !!view.wide);
    body.replaceChildren(...[...view.body.flat(3), tools()].filter(Boolean));
    header(view);
    foot.replaceChildren();
    view.start?.();
    notes();
    if (view.first && (app.acted || matchMedia("(pointer: fine)").matches)) view.first.focus();
    else if (app.acted) body.focus();
    app.acted = false;
  };

  /** The one button. `blocked`: it says what is missing, and leads there. */
  app.button = ({ text, act, blocked = false, quiet = false, done = false }) => {
    foot.replaceChildren(h("button", {
      type: "button", class: `bt${quiet ? " sec" : ""}`, "aria-disabled": blocked ? "true" : null,
      onclick: () => { app.acted = true; act(); },
    }, done ? icon("ok", "ok") : null, text));
  };

  function header({ title, due }) {
    const place = app.picture?.site;
    const name = place ? clerk.name(place) : app.below ? app.belowName : t("app.name");
    const parts = [app.me?.name, place ? clerk.name(place, "parent_name") : "", app.answer ? clerk.name(app.answer.campaign) : ""];
    head.replaceChildren(
      h("div", { class: "who" }, h("h1", {}, name), h("div", { class: "s" }, parts.filter(Boolean).join(" · "))),
      h("div", { class: "r" }, h("div", { class: "big" }, title), h("div", { class: "s" }, due)));
    document.title = `${title} · ${name}`;
  }

  // -- what is said above everything

  function notes() {
    const waiting = app.entries.filter((entry) => entry.state === "waiting");
    const troubles = app.entries.filter((entry) => ["refused", "conflict"].includes(entry.state));
    const shown = [];
    const strip = (kind, shape, text, ...more) => shown.push(h("div", { class: `strip ${kind}`, role: "status" }, icon(shape), h("div", {}, text), ...more));
    const all = (text) => h("a", { class: "aside", href: "#waiting" }, text);
    if (!app.lasting) strip("crit", "crit", t("app.not_kept"));
    if (app.signedOut && app.me) {
      strip("ink", "off", waiting.length ? t("app.signed_out_waiting", { count: waiting.length }) : t("app.signed_out"),
        h("a", { class: "aside", href: signIn() }, t("app.sign_in")));
    } else if (!app.online) {
      strip("ink", "off", t(waiting.length ? "app.kept_offline" : "app.offline"), waiting.length ? all(t("app.waiting", { count: waiting.length })) : null);
    } else if (waiting.length) strip("ink", "refresh", t("app.sending"), all(t("app.waiting", { count: waiting.length })));
    if (app.refused) strip("crit", "crit", app.refused);
    if (app.shown?.view.strip) shown.push(app.shown.view.strip);
    for (const task of tasks(troubles)) if (task.route !== app.shown?.route) shown.push(h("a", { class: "strip task", href: `#${task.to}` }, icon(task.icon), h("div", {}, task.text), icon("right")));
    strips.replaceChildren(...shown);
  }

  /** What else is to be done, apart from what is shown. */
  function tasks(troubles) {
    const { picture } = app;
    if (!picture) return [];
    const found = [];
    const owed = picture.runs.flat();
    if (owed.length > 1) found.push({ route: "catchup", to: "catchup", icon: "late", text: t("task.owed", { count: owed.length }) });
    else if (owed.length) found.push({ route: `hour ${owed[0].hour}`, to: `hour=${owed[0].hour}`, icon: "miss", text: t("task.hour", { span: clerk.time.span(owed[0].hour, owed[0].ends_at) }) });
    for (const entry of troubles.filter((one) => one.campaign === app.campaign)) {
      const site = entry.site === app.site ? "" : `site=${encodeURIComponent(entry.site)}&`;
      found.push({ route: `hour ${entry.row.hour}`, to: `${site}hour=${entry.row.hour}`, icon: entry.state === "conflict" ? "warn" : "crit", text: t(`task.${entry.state}`, { span: entry.label }) });
    }
    for (const remote of remotes()) found.push({ route: `conflict ${remote.key}`, to: `conflict=${remote.key}`, icon: "warn", text: t("task.conflict", { span: remote.label }) });
    for (const report of picture.returned) {
      found.push({ route: `hour ${report.hour}`, to: `hour=${report.hour}`, icon: "ret", text: t("task.returned", { span: clerk.time.span(report.hour, report.ends_at), reason: clerk.form.reasonOf(report.sent_back?.reason ?? "") }) });
    }
    return found;
  }

  /** Claims the server holds back because they contradict what stands, and that are not this phone's own. */
  function remotes() {
    const gone = new Set([...app.entries.map((entry) => entry.key), ...(app.drafts.settled ?? [])]);
    return app.answer.conflicts.filter((one) => !gone.has(one.key)).map((one) => ({
      key: one.key, site: app.site, campaign: app.campaign, state: "conflict", label: clerk.time.span(one.hour, one.ends_at),
      row: { key: one.key, site: app.site, hour: one.hour, ...hoursOf(one), ...known(one.figures) },
      remote: { by: one.by, at: one.recorded_at },
    }));
  }
  const known = (figures) => Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null));
  const hoursOf = (one) => (one.hours * 60 === app.answer.campaign.interval_minutes ? {} : { hours: one.hours });

  /** Parts few open come when they are asked for; the service worker keeps them with the rest. */
  const loading = {};
  function part(name, view) {
    if (clerk[view]) return clerk[view];
    loading[name] ??= new Promise((done, failed) => {
      document.head.append(h("script", { src: `/clerk/${name}.js?v=${document.body.dataset.version}`, onload: done, onerror: failed }));
    }).then(() => render({ force: true }), () => { delete loading[name]; });
    return null;
  }

  // -- which view

  function route() {
    const { picture } = app;
    const params = asked();
    if (!app.me) return { route: "nobody", make: nobody };
    if (params.has("waiting")) return { route: "waiting", id: app.entries.map((entry) => entry.key + entry.state).join(), make: () => clerk.lists.waiting(app) };
    if (!WRITERS.includes(app.me.role)) return { route: "no-right", make: () => plain(t("app.no_right")) };
    if (params.has("stack") && app.below) return apart("stack", "stack");
    if (!app.site && app.below) return { route: "sites", id: app.below.server_time, make: () => clerk.lists.sites(app) };
    if (!picture) return { route: "empty", make: () => plain(t(app.online ? "app.loading" : "app.nothing_yet")) };
    if (params.has("hours")) return { route: "hours", id: String(app.received), make: () => clerk.lists.hours(app) };
    if (params.has("paste")) return apart("paste", "pasted");
    if (params.has("conflict")) {
      const entry = remotes().find((one) => one.key === params.get("conflict"));
      if (entry) return { route: `conflict ${entry.key}`, make: () => clerk.conflict.view(app, entry) };
    }
    const wanted = params.get("hour") ?? params.get("correct") ?? new URLSearchParams(location.search).get("hour");
    const one = wanted && picture.hours.find((hour) => clerk.time.at(hour.hour) === clerk.time.at(wanted.replace(" ", "+")));
    if (one) return hour(one, { correcting: params.has("correct") });
    const owed = picture.runs.flat();
    if (params.has("catchup") || owed.length > 1) {
      if (owed.length) return { route: "catchup", id: owed.map((hour_) => hour_.hour).join(), make: () => clerk.catchup.view(app) };
    }
    const trouble = picture.hours.find((hour_) => hour_.trouble);
    const back = picture.hours.find((hour_) => hour_.report?.status === "returned" && !hour_.entry);
    const first = owed[0] ?? trouble ?? back ?? clerk.picture.due(picture);
    return first ? hour(first) : { route: "closed", make: () => plain(t("app.no_hours")) };
  }

  function apart(name, view) {
    const found = part(name, view);
    return found ? { route: name, make: () => found.view(app) } : { route: `${name} to come`, make: () => plain(t("app.loading")) };
  }

  function hour(one, how = {}) {
    const { report, entry, trouble } = one;
    const id = [one.hour, report?.key, report?.status, entry?.key, entry?.state, trouble?.key, trouble?.state, how.correcting, one.ended].join();
    return { route: `hour ${one.hour}`, id, make: () => clerk.form.view(app, one, how) };
  }

  const plain = (text) => ({ title: "", due: "", body: [h("p", { class: "note" }, text)] });

  function nobody() {
    return {
      title: "", due: "", body: [h("p", {}, t(app.online ? "app.who" : "app.nothing_yet"))],
      start: () => app.button({ text: t("app.sign_in"), act: () => location.assign(signIn()) }),
    };
  }

  /** Draws what is to be shown now. What a person is typing is left alone unless `force`d. */
  function render({ force = false } = {}) {
    look();
    const next = route();
    const id = `${next.route} ${next.id ?? ""}`;
    if (!force && app.shown?.id === id) { notes(); return; }
    if (!force && app.shown?.route === next.route && app.shown.view.dirty?.()) { notes(); return; }
    if (!force && !location.hash && app.shown?.view.dirty?.() && app.shown.route !== "nobody") { notes(); return; }
    app.shown = { id, route: next.route, view: {} };
    app.show(next.make());
  }

  function look() {
    app.picture = app.answer && app.answer.site.code === app.site
      ? clerk.picture.make(app.answer, app.entries.filter(({ site, campaign }) => site === app.site && campaign === app.campaign), clerk.time.now(app.answer, app.received))
      : null;
  }

  function tools() {
    const link = (to, text) => h("a", { href: to }, text);
    const other = clerk.language === "zh" ? "en" : "zh";
    const dark = document.documentElement.dataset.theme === "dark";
    const away = new URLSearchParams({ ...(app.campaign ? { campaign: app.campaign } : {}), ...(app.site ? { site: app.site } : {}) });
    return h("nav", { class: "tools", "aria-label": t("tools.label") },
      app.picture ? [link("#paste", t("tools.paste")), link("#hours", t("tools.hours"))] : null,
      app.below ? [app.site ? link("#sites", t("tools.sites")) : null, link("#stack", t("tools.stack"))] : null,
      app.me ? [link("#waiting", t("tools.waiting")), link(`/clerk/paper?${away}`, t("tools.paper"))] : null,
      app.me && app.me.role !== "site" ? link("/", t("tools.desk")) : null,
      app.me?.role === "site" ? link(app.problems(), t("tools.problem")) : null,
      h("button", { type: "button", lang: other === "en" ? "en" : "zh-CN", onclick: () => speak(other) }, clerk.text.NAMES[other]),
      h("button", { type: "button", "data-set-theme": dark ? "light" : "dark", onclick: () => setTimeout(() => render({ force: !app.shown.view.dirty?.() })) }, t(dark ? "tools.light" : "tools.dark")),
      installing ? h("button", { type: "button", onclick: install }, t("tools.install")) : null,
      app.me && !app.signedOut ? h("button", { type: "button", onclick: leave }, t("tools.leave")) : null);
  }

  app.problems = () => `/problems?${new URLSearchParams({ campaign: app.campaign, place: app.site, lang: clerk.language })}`;
  const signIn = () => `/login?${new URLSearchParams({ next: location.pathname + location.search + location.hash, lang: clerk.language })}`;

  async function speak(language) {
    await clerk.text.choose(language);
    await store.keep("language", language);
    render({ force: true });
  }

  async function install() {
    await installing.prompt();
    installing = null;
    render({ force: true });
  }

  /** Whoever leaves takes nothing along and leaves nothing to look at; what waits goes out when he is back. */
  async function leave() {
    const pass = await queue.cookie("csrf_token");
    await store.forget("me");
    await fetch("/logout", { method: "POST", headers: { "X-CSRFToken": pass }, redirect: "manual" }).catch(() => {});
    location.assign(signIn());
  }

  // -- drafts and habits

  const draftsName = () => `drafts ${app.me?.login} ${app.campaign} ${app.site}`;
  app.draft = (hour_) => app.drafts[hour_] ?? null;
  app.keepDraft = (hour_, values) => {
    const empty = !values || (values.persons === null && values.tubes === null && values.copies === null);
    if (empty && !(hour_ in app.drafts)) return;
    if (empty) delete app.drafts[hour_];
    else app.drafts[hour_] = values;
    store.keep(draftsName(), app.drafts).catch(() => {});
  };
  app.prefers = (what) => { try { return localStorage.getItem(`clerk ${what}`) === "1"; } catch { return false; } };
  app.prefer = (what, on) => { try { localStorage.setItem(`clerk ${what}`, on ? "1" : "0"); } catch { /* as long as the page */ } };

  /** Who enters for a site that telephoned says so. */
  app.channel = () => (app.me.role === "site" ? {} : { channel: "phone" });

  // -- entries

  function entryOf(row, label, site) {
    return {
      key: row.key, account: app.me.login, campaign: app.campaign, site: row.site, siteName: clerk.name(site), row, label,
      campaignTime: Math.round(clerk.time.now(app.answer ?? { server_time: new Date().toISOString(), speed: 1 }, app.received || Date.now())),
    };
  }

  /** Save a row on this phone; it goes out as soon as it can. `later`: more are coming. */
  app.save = async (row, label, { later = false, site = app.answer.site } = {}) => {
    await queue.save(entryOf(row, label, site));
    navigator.storage?.persist?.().catch(() => {});
    if (!later) await app.saved();
  };
  app.saved = async () => {
    await reload();
    app.go(asked().get("correct") ? `hour=${asked().get("correct")}` : location.hash.slice(1).replace(/^(paste|catchup)$/, ""));
    render({ force: true });
    app.send();
  };

  /** Another content for what waits. What may have reached the server gets a correction behind it instead. */
  app.change = async (entry, row) => {
    const now = { ...entryOf(row, entry.label, app.answer.site), savedAt: Date.now() };
    let sent = null;
    await store.change(entry.key, (stands) => {
      if (!stands || stands.attempted || stands.state === "sent") { sent = stands ?? entry; return null; }
      return { ...stands, ...now, state: "waiting", answer: null };
    });
    if (sent) {
      const refused = ["refused", "conflict"].includes(sent.state);
      if (refused) await store.put({ ...now, state: "waiting", attempted: false });
      else {
        const key = queue.newKey(row.site, row.hour);
        await queue.save({ ...now, key, row: { ...row, key, correction_of: entry.key, note: row.note || t("form.changed_before") } });
      }
    }
    await app.saved();
  };

  app.drop = async (entry, { quiet = false } = {}) => {
    await store.remove(entry.key);
    if (entry.remote) { app.drafts.settled = [...(app.drafts.settled ?? []), entry.key]; await store.keep(draftsName(), app.drafts); }
    await reload();
    if (!quiet) { app.go(""); render({ force: true }); }
  };

  app.replace = async (entry, row, label) => {
    await queue.save(entryOf(row, label, app.answer.site));
    await app.drop(entry, { quiet: true });
    app.go(`hour=${row.hour}`);
    render({ force: true });
    app.send();
  };

  app.again = async (entry) => {
    const key = queue.newKey(entry.row.site, entry.row.hour);
    await queue.save(entryOf({ ...entry.row, key }, entry.label, app.answer.site));
    await app.drop(entry);
    app.send();
  };

  async function reload() {
    const all = await store.entries();
    app.entries = app.me ? all.filter((entry) => entry.account === app.me.login) : [];
    app.places = new Set(app.entries.map((entry) => entry.site)).size;
    look();
  }

  // -- the server

  app.send = async () => {
    clearTimeout(timer);
    const outcome = await queue.send();
    if (!outcome.idle) {
      app.online = outcome.reached !== false;
      app.signedOut = !!outcome.signedOut;
    }
    await reload();
    if (outcome.sent || (outcome.me && outcome.me.login !== app.me?.login)) await refresh();
    render();
    plan();
  };

  /** Try again by and by while something waits. */
  function plan() {
    clearTimeout(timer);
    const waiting = app.entries.some((entry) => entry.state === "waiting");
    if (!waiting) { tries = 0; return; }
    timer = setTimeout(app.send, TRY_MS[Math.min(tries, TRY_MS.length - 1)]);
    tries += 1;
  }

  function meet(me) {
    const other = app.me?.login !== me?.login;
    app.me = me;
    if (!other) return;
    Object.assign(app, { campaign: "", site: "", answer: null, received: 0, below: null, belowName: "", drafts: {}, entries: [] });
  }

  /** Which site is meant: the clerk's own, or the one the address names. */
  async function place() {
    const campaign = inAddress("campaign") || app.me.campaign || app.campaign || (await store.get(`campaign ${app.me.login}`)) || "";
    const site = app.me.role === "site" ? app.me.place : asked().has("sites") ? "" : inAddress("site") ?? "";
    if (campaign === app.campaign && site === app.site) return;
    Object.assign(app, { campaign, site, answer: null, received: 0 });
    app.drafts = (await store.get(draftsName())) ?? {};
    const kept = await store.get(`answer ${app.me.login} ${campaign} ${site}`);
    if (kept) Object.assign(app, kept);
    if (app.me.role !== "site") {
      app.below = (await store.get(`below ${app.me.login} ${campaign}`)) ?? null;
    }
    look();
  }

  async function refresh() {
    const me = await queue.signedIn();
    app.online = me.status !== 0;
    app.signedOut = me.status === 401;
    app.refused = "";
    if (me.status === 403) location.assign("/password");
    if (me.status === 200) {
      meet(me.json);
      await store.keep("me", me.json);
      if (WRITERS.includes(me.json.role)) await fetchAll();
    }
    await reload();
    render();
  }

  async function fetchAll() {
    if (!app.campaign && !app.me.campaign && !inAddress("campaign")) {
      const all = await queue.ask("/api/v1/campaigns");
      if (all.status === 200 && all.json.length) await store.keep(`campaign ${app.me.login}`, all.json[0].id);
    }
    await place();
    if (!app.campaign) return;
    const base = `/api/v1/campaigns/${encodeURIComponent(app.campaign)}/clerk`;
    if (app.me.role !== "site") {
      const below = await queue.ask(`${base}/sites`);
      if (below.status === 200) {
        app.below = below.json;
        await store.keep(`below ${app.me.login} ${app.campaign}`, below.json);
      }
      app.belowName = app.below?.sites.length ? clerk.name(app.below.campaign) : "";
    }
    if (app.site) {
      const answer = await get(base, app.site);
      if (answer) Object.assign(app, answer);
    }
  }

  /** The server's answer about a site, kept for when there is no network. */
  async function get(base, site) {
    const answer = await queue.ask(`${base}?${new URLSearchParams({ site })}`);
    if (answer.status !== 200) {
      if (answer.status) app.refused = answer.json?.detail ?? "";
      else app.online = false;
      return null;
    }
    const found = { answer: answer.json, received: Date.now() };
    await store.keep(`answer ${app.me.login} ${app.campaign} ${site}`, found);
    // What the answer already holds need not be remembered here any longer.
    const known = new Set(answer.json.reports.flatMap((report) => [report.key, ...report.earlier.map(({ key }) => key)]));
    const settled = (await store.entries()).filter((entry) => entry.state === "sent" && entry.site === site
      && entry.campaign === app.campaign && (known.has(entry.key) || entry.revision <= answer.json.revision));
    await store.remove(...settled.map((entry) => entry.key));
    return found;
  }

  /** Another site's picture, for a stack of paper forms. */
  app.pictureOf = async (site) => {
    const base = `/api/v1/campaigns/${encodeURIComponent(app.campaign)}/clerk`;
    const found = (await get(base, site)) ?? (await store.get(`answer ${app.me.login} ${app.campaign} ${site}`));
    if (!found) return null;
    const entries = (await store.entries()).filter((entry) => entry.account === app.me.login && entry.site === site);
    app.answer ??= found.answer;
    app.received ||= found.received;
    return clerk.picture.make(found.answer, entries, clerk.time.now(found.answer, found.received));
  };

  // -- life

  window.addEventListener("hashchange", async () => {
    app.acted = true;
    if (app.me) await place();
    render({ force: true });
    if (app.me && !app.picture) refresh();
  });
  window.addEventListener("online", () => { tries = 0; refresh().then(app.send); });
  window.addEventListener("offline", () => { app.online = false; notes(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") refresh().then(app.send); });
  window.addEventListener("beforeinstallprompt", (event) => { event.preventDefault(); installing = event; });
  // Another tab saved, or the service worker sent.
  if (queue.news) queue.news.onmessage = async ({ data }) => { await reload(); render(); if (data === "sent") refresh(); };
  setInterval(() => { if (document.visibilityState === "visible") refresh(); }, MINUTE_MS);

  async function begin() {
    await clerk.text.load();
    await store.keep("language", clerk.language).catch(() => { app.lasting = false; });
    if (!navigator.onLine) app.online = false;
    const me = await store.get("me").catch(() => null);
    if (me) {
      meet(me);
      await place();
      await reload();
      render();
    }
    await refresh();
    app.send();
    const worker = navigator.serviceWorker;
    // Without TLS there is none; the form then works while the page is open.
    worker?.register("/clerk/sw.js", { scope: "/clerk" }).catch(() => {});
  }

  begin();
})();
