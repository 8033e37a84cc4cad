/* The town page at work: verify, return, enter for a site that telephoned, undo, by hand or by key.

   The list is drawn anew at every revision and every minute (live.js). What a person has in hand must survive that:
   an open form is a row of this script's own that is put back behind its site, the focus goes back to the site it
   was on, what is sent stays marked until the picture shows it. `data-*` of the rows (components/town_list.py) say
   what they are about; the server decides whether it may be done. */
(() => {
  "use strict";
  const VERIFIABLE = ["attention", "clean"];

  let words = {};
  let spoken = ""; // the texts as they came, to read them once
  let shownFor = ""; // place and hour of the list on the screen
  let unfolded = false; // whether verified rows are shown
  let wanted = ""; // what is searched for
  let focused = null; // {site, act}: what has the focus, or had it before the row was moved
  const sent = new Map(); // site → {status, revision}: decided, but not on the screen yet
  const undoable = []; // {keys, revision, what, sites, until}, the latest last

  const list = () => document.querySelector(".town[data-town]");
  const { make } = window.command;
  const live = () => document.getElementById("live");
  const rows = () => [...document.querySelectorAll(".town-table tr.work")];
  const row = (site) => rows().find((one) => one.dataset.site === site) ?? null;
  const shown = (one) => one.offsetParent !== null;
  const may = (action) => (live()?.dataset.may ?? "").split(" ").includes(action);
  const say = (key, params = {}) =>
    Object.entries(params).reduce((said, [name, value]) => said.replaceAll(`{${name}}`, value), words[key] ?? key);
  const address = (rest) => `/api/v1/campaigns/${encodeURIComponent(live().dataset.campaign)}/${rest}`;

  // ---- after every new picture ----

  function afterDrawing() {
    const root = list();
    if (!root) { leave(); return; }
    if (root.dataset.words !== spoken) {
      spoken = root.dataset.words;
      words = JSON.parse(spoken);
    }
    const now = `${live()?.dataset.campaign}|${root.dataset.town}|${root.dataset.hourStart}`;
    if (now !== shownFor) beginAnew(now);
    offerSearch();
    for (const [site, { revision }] of sent) {
      if (Number(root.dataset.revision) >= revision) sent.delete(site);
    }
    root.toggleAttribute("data-unfolded", unfolded);
    for (const one of rows()) dress(one);
    sayWhenNothingIsFound();
    forms.putBack();
    putFocusBack();
  }

  /** Another place or hour: nothing of what was in hand belongs to it. */
  function beginAnew(now) {
    shownFor = now;
    forms.close(false);
    focused = null;
    unfolded = false;
    wanted = "";
    const box = document.querySelector("[data-town-search] input");
    if (box) box.value = "";
    document.querySelector(".hours [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  function leave() {
    if (!shownFor || document.querySelector(".app-town")) return;
    shownFor = "";
    forms.close(false);
    focused = null;
    showNotice();
  }

  /** Marks that the server's picture does not know of. */
  function dress(one) {
    const { site, search } = one.dataset;
    set(one, "data-hidden", wanted !== "" && !search.includes(wanted) ? "" : null);
    const rivals = one.nextElementSibling?.matches(".rivals") ? one.nextElementSibling : null;
    if (rivals) set(rivals, "data-hidden", one.dataset.hidden === "" ? "" : null);
    const decided = sent.get(site);
    set(one, "data-sent", decided ? decided.status : null);
    const actions = one.querySelector(".row-acts");
    if (actions) set(actions, "data-sent-word", decided ? say(`sent_${decided.status}`) : null);
    set(one, "tabindex", site === (focused?.site ?? firstSite()) ? "0" : "-1");
    set(one, "data-forming", forms.site() === site ? "" : null);
  }

  const firstSite = () => rows()[0]?.dataset.site;

  function set(node, name, value) {
    if (value === null) { if (node.hasAttribute(name)) node.removeAttribute(name); }
    else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }

  function sayWhenNothingIsFound() {
    const note = document.querySelector("[data-none]");
    if (!note) return;
    const none = wanted !== "" && !rows().some((one) => one.dataset.hidden !== "");
    if (note.hidden === none) note.hidden = !none;
    if (none && note.textContent !== say("found_none")) note.textContent = say("found_none");
  }

  function offerSearch() {
    const place = document.querySelector("[data-town-search]");
    if (!place || place.firstChild) return;
    const box = make("input", {
      type: "search", placeholder: say("search"), "aria-label": say("search_label"), autocomplete: "off",
    });
    box.value = wanted;
    box.addEventListener("input", () => {
      wanted = box.value.trim().toLowerCase();
      afterDrawing();
    });
    place.append(make("i", { class: "ic ic-search", "aria-hidden": "true" }), box);
  }

  // ---- focus ----

  function putFocusBack() {
    if (!focused) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    const one = row(focused.site);
    if (!one) return;
    const control = focused.act ? one.querySelector(`[data-town-act="${focused.act}"]`) : null;
    (control && shown(control) ? control : one).focus({ preventScroll: true });
  }

  document.addEventListener("focusin", (event) => {
    const one = event.target.closest?.("tr.work");
    if (!one) { if (!event.target.closest?.(".form-row")) focused = null; return; }
    focused = { site: one.dataset.site, act: event.target.dataset?.townAct ?? null };
    for (const other of rows()) set(other, "tabindex", other === one ? "0" : "-1");
  });

  // Who clicks beside the list has let go of it: the next picture must not take the focus back.
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest?.("tr.work, .form-row")) focused = null;
  });

  function current() {
    const one = document.activeElement?.closest?.("tr.work") ?? (focused ? row(focused.site) : null);
    return one && shown(one) ? one : null;
  }

  function move(by) {
    const visible = rows().filter(shown);
    if (!visible.length) return;
    const at = visible.indexOf(current());
    const last = visible.length - 1;
    const from = at < 0 && by < 0 ? last + 1 : at;
    const next = visible[Math.min(Math.max(from + by, 0), last)];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  /** On to the next row that waits for a decision; where none follows, to the one before. */
  function moveOn(from) {
    const visible = rows().filter(shown);
    const at = visible.indexOf(from);
    const open = (one) => one !== from && !sent.has(one.dataset.site) && VERIFIABLE.includes(one.dataset.group);
    const next = visible.slice(at + 1).find(open) ?? visible.slice(0, at).reverse().find(open);
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  // ---- decisions ----

  async function verify(one) {
    const { site, report, group, name } = one.dataset;
    if (sent.has(site)) return;
    if (!report || !VERIFIABLE.includes(group)) { notice("info", say("verify_not_possible")); return; }
    mark([site], "verified");
    moveOn(one);
    await decide("reports/verify", { keys: [report] }, [site], say("verified_one", { site: name }));
  }

  async function verifyClean(button) {
    const keys = button.dataset.reports.split("\n").filter(Boolean);
    if (!keys.length || button.disabled) return;
    const sites = rows().filter((one) => keys.includes(one.dataset.report)).map((one) => one.dataset.site);
    button.disabled = true;
    mark(sites, "verified");
    await decide("reports/verify", { keys, clean_only: true }, sites, say("verified_many", { count: keys.length }));
    button.disabled = false;
  }

  function mark(sites, status) {
    for (const site of sites) sent.set(site, { status, revision: Infinity });
    afterDrawing();
  }

  function unmark(sites) {
    for (const site of sites) sent.delete(site);
    afterDrawing();
  }

  /** Send a decision; what the server takes can be undone for a while. Answers whether all of it was taken. */
  async function decide(path, body, sites, what) {
    const { status, json } = await window.command.send(address(path), body);
    if (status !== 200) {
      unmark(sites);
      notice("crit", json?.detail || say("nothing_sent"));
      return false;
    }
    const refused = new Set(json.rejected.map(({ index }) => body.keys[index]));
    const named = (key) => rows().find((one) => one.dataset.report === key)?.dataset.name ?? key;
    for (const site of sites) {
      if (refused.has(row(site)?.dataset.report)) sent.delete(site);
      else if (sent.has(site)) sent.set(site, { ...sent.get(site), revision: json.revision });
    }
    const taken = body.keys.filter((key) => !refused.has(key));
    if (json.accepted) {
      const until = Date.now() + Number(list()?.dataset.undoSeconds ?? 10) * 1000;
      const said = taken.length === body.keys.length ? what : say("verified_many", { count: json.accepted });
      undoable.push({ keys: taken, revision: json.revision, what: said, sites, until });
    }
    showNotice();
    if (json.rejected.length) {
      const { index, message } = json.rejected[0];
      notice("crit", say("refused", { site: named(body.keys[index]), message }));
    }
    afterDrawing();
    window.dispatchEvent(new Event("recordchange"));
    return json.rejected.length === 0;
  }

  async function undo() {
    forgetOld();
    const last = undoable.pop();
    if (!last) { notice("info", say("no_more_undo")); return; }
    const body = { keys: last.keys, revision: last.revision };
    const { status, json } = await window.command.send(address("reports/undo"), body);
    if (status !== 200) {
      if (status === 0) undoable.push(last);
      notice("crit", json?.detail || say("nothing_sent"));
      return;
    }
    for (const site of last.sites) sent.delete(site);
    if (json.rejected.length) notice("crit", json.rejected[0].message);
    else notice("info", say("undone", { what: last.what }));
    if (last.sites.length === 1) focused = { site: last.sites[0], act: null };
    afterDrawing();
    window.dispatchEvent(new Event("recordchange"));
  }

  // ---- the strip that says what was done and offers to undo it ----

  let told = null; // {tone, text, until}: a message that is no offer to undo

  function notice(tone, text) {
    told = { tone, text, until: Date.now() + 8000 };
    showNotice();
  }

  function forgetOld() {
    const now = Date.now();
    while (undoable.length && undoable[0].until <= now) undoable.shift();
    if (told && told.until <= now) told = null;
  }

  function showNotice() {
    forgetOld();
    const last = undoable.at(-1);
    let strip = document.getElementById("town-notice");
    if (!shownFor || (!last && !told)) { strip?.remove(); return; }
    if (!strip) {
      const button = make("button", { type: "button", class: "btn", "data-town-act": "undo" });
      strip = make("div", { id: "town-notice", class: "town-notice" },
        make("span", { class: "what", role: "status" }), button);
      document.body.append(strip);
    }
    const [what, button] = strip.children;
    const text = told ? told.text : last.what;
    if (what.textContent !== text) what.textContent = text;
    strip.dataset.tone = told ? told.tone : "done";
    button.hidden = !last;
    if (last) {
      const seconds = Math.ceil((last.until - Date.now()) / 1000);
      button.replaceChildren(say("undo"), make("span", { "aria-hidden": "true", class: "left" }, ` ${seconds}`));
    }
  }

  setInterval(() => { if (undoable.length || told) showNotice(); }, 250);

  const forms = window.command.townForms({
    list, row, say, set, address, decide, notice, mark, moveOn, afterDrawing, shownFor: () => shownFor,
  });

  // ---- what makes it go ----

  function act(button) {
    const name = button.dataset.townAct;
    const one = button.closest("tr.work");
    if (name === "undo") undo();
    else if (name === "cancel") forms.close(true, true);
    else if (name === "verify-clean") verifyClean(button);
    else if (name === "unfold") { unfolded = !unfolded; afterDrawing(); }
    else if (name === "adopt") forms.enter(row(button.dataset.of), "adopt", JSON.parse(button.dataset.figures));
    else if (!one) return;
    else if (name === "verify") verify(one);
    else if (forms.site() === one.dataset.site) forms.close(true, true); // a second click closes what the first opened
    else if (name === "return") forms.giveBack(one);
    else if (name === "enter") forms.enter(one, "enter");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-town-act]");
    // The second click of a double click may meet another row than the first.
    if (!button || event.detail > 1 || !(list() || button.dataset.townAct === "undo")) return;
    act(button);
  });

  /** The letter pressed; while a Chinese input method is on, the browser only tells which key it was. */
  const letter = (event) => (event.key.length === 1 ? event.key : event.code.replace(/^Key/, "")).toLowerCase();

  document.addEventListener("keydown", (event) => {
    if (!list() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writing = event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select");
    if (event.key === "Escape") {
      if (forms.site()) { forms.close(true, true); event.preventDefault(); }
      else if (writing?.closest("[data-town-search]")) {
        writing.value = wanted = "";
        afterDrawing();
        writing.blur();
        move(1);
      }
      return;
    }
    if (writing) {
      if (event.key === "ArrowDown" && writing.closest("[data-town-search]")) {
        event.preventDefault();
        writing.blur();
        move(1);
      }
      return;
    }
    // In the choice of a reason the arrows choose.
    if (event.target.type === "radio") return;
    const keys = {
      arrowdown: () => move(1),
      arrowup: () => move(-1),
      v: () => { const one = current(); if (one && may("decide_reports")) verify(one); },
      r: () => { const one = current(); if (one && may("decide_reports")) forms.giveBack(one); },
      u: () => { if (may("decide_reports")) undo(); },
      "/": () => document.querySelector("[data-town-search] input")?.focus(),
    };
    const pressed = event.key.startsWith("Arrow") ? event.key.toLowerCase() : letter(event);
    if (!keys[pressed] || event.repeat && pressed !== "arrowdown" && pressed !== "arrowup") return;
    event.preventDefault();
    keys[pressed]();
  });

  let waiting = false;
  new MutationObserver(() => {
    if (waiting || (!shownFor && !list())) return;
    waiting = true;
    queueMicrotask(() => { waiting = false; afterDrawing(); });
  }).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-revision", "data-report", "data-group"],
  });
})();
