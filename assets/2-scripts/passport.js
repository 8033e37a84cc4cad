/* The number passport. Whatever carries data-figure and data-of opens the drawer; what is asked for stands in the
   address (figure, of, in), so that it can be sent to somebody, and the drawer follows the address: opened, closed,
   brought up to date with every new picture of the page. The server draws it (views/passport.py). */
(() => {
  "use strict";
  const TIMEOUT_MS = 15000;
  const SAID_MS = 2000;
  const NAMES = ["figure", "of", "in"];

  let shown = null; // what the drawer shows or is fetching, as a string; null while it is closed
  let opener = null; // what had the focus when it was opened
  let asked = 0; // number of the newest question: answers can overtake each other
  const keys = new WeakMap(); // form → {content, key}: sent again after a silence, the same words have the same key

  const drawer = () => document.getElementById("passport");
  const live = () => document.getElementById("live");
  const get = (url) => window.command.get(url, TIMEOUT_MS);

  /** The question in the address; null where there is none or nobody to answer. */
  function question() {
    const query = new URLSearchParams(location.search);
    const page = live();
    if (!query.get("figure") || !query.get("of") || !page?.dataset.campaign || !drawer()) return null;
    const { campaign, language, hour } = page.dataset;
    return { campaign, language, hour, ...Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""])) };
  }

  function address(of) {
    const url = new URL(location);
    for (const name of NAMES) {
      if (of?.[name]) url.searchParams.set(name, of[name]);
      else url.searchParams.delete(name);
    }
    history.replaceState(history.state, "", url);
  }

  function ask(of) {
    if (shown === null) opener = document.activeElement;
    address(of);
    follow();
    drawer()?.focus({ preventScroll: true });
  }

  function close() {
    address(null);
    follow();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  }

  /** Bring the drawer to what the address says. */
  function follow() {
    const wanted = question();
    const now = wanted && JSON.stringify(wanted);
    if (now === shown) return;
    shown = now;
    mark();
    const place = drawer();
    if (!place) return;
    document.body.toggleAttribute("data-passport", wanted !== null);
    if (!wanted) return;
    place.dataset.state = "loading";
    place.querySelector(".pp-body")?.scrollTo(0, 0);
    fetchIt(null);
  }

  /** Outline what was asked about, wherever on the page it stands. */
  function mark() {
    const wanted = shown && JSON.parse(shown);
    for (const node of document.querySelectorAll("[data-figure]")) {
      const { figure, of } = node.dataset;
      const same = wanted && figure === wanted.figure && of === wanted.of && (node.dataset.in ?? "") === wanted.in;
      if (node.hasAttribute("data-asked") !== Boolean(same)) node.toggleAttribute("data-asked");
    }
  }

  // ---- the picture ----

  /** Fetch and draw the passport at `head`, a version; at the newest where none is given. */
  async function fetchIt(head) {
    const number = (asked += 1);
    const wanted = JSON.parse(shown);
    try {
      const version = head ?? (await get(`/live/${encodeURIComponent(wanted.campaign)}`));
      const path = [wanted.campaign, wanted.figure, wanted.of, wanted.language].map(encodeURIComponent).join("/");
      const query = new URLSearchParams({ epoch: version.epoch });
      if (wanted.in || wanted.hour) query.set("hour", wanted.in || wanted.hour);
      if (wanted.in) query.set("only", "1");
      const next = await get(`/passports/${path}/${version.revision}-${version.minute}?${query}`);
      if (number !== asked || !shown) return;
      window.dash_clientside.set_props("drawing-passport", { tree: next.panels.passport });
      drawer().dataset.state = "shown";
    } catch (error) {
      if (number !== asked || !shown) return;
      // What stands there stays as long as it is the answer to the same question.
      if (drawer().dataset.state !== "shown") drawer().dataset.state = "failed";
      console.info("no picture:", error.message);
    }
  }

  // ---- the source as text ----

  async function copy(button) {
    const { passportCopy: text, passportCopied: copied } = button.dataset;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers keep the clipboard from pages that came without TLS, but not what is selected.
      const area = document.createElement("textarea");
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const words = button.querySelector("span") ?? button;
    const before = words.textContent;
    if (before === copied) return;
    words.textContent = copied;
    button.toggleAttribute("data-done", true);
    setTimeout(() => { words.textContent = before; button.removeAttribute("data-done"); }, SAID_MS);
  }

  // ---- the upper system's figure ----

  async function enter(form) {
    const said = form.querySelector("[role=status]");
    const say = (text, bad = false) => { said.textContent = text; said.classList.toggle("crit", bad); };
    const count = (name) => {
      const text = form.elements[name].value.replace(/[\s,，]/g, "");
      return /^\d+$/.test(text) ? Number(text) : text || null;
    };
    const row = { place: form.dataset.place, at: form.elements.at.value, persons: count("persons"),
                  tubes: count("tubes"), source: form.elements.source.value.trim() };
    if (row.persons === null && row.tubes === null) return say(form.dataset.empty, true);
    const content = JSON.stringify(row);
    if (keys.get(form)?.content !== content) {
      const random = crypto.getRandomValues(new Uint32Array(4));
      keys.set(form, { content, key: `page-${[...random].map((part) => part.toString(36)).join("-")}` });
    }
    const url = `/api/v1/campaigns/${encodeURIComponent(form.dataset.upperFigures)}/upper-figures`;
    const { status, json } = await window.command.send(url, [{ key: keys.get(form).key, ...row }]);
    if (status !== 200) return say(json?.detail || json?.title || form.dataset.failed, true);
    if (json.rejected.length) return say(json.rejected[0].message, true);
    say(json.accepted ? form.dataset.sent : form.dataset.unchanged);
    form.elements.persons.value = form.elements.tubes.value = "";
    keys.delete(form);
  }

  // ---- what makes it go ----

  const of = ({ figure, of: place, in: hour }) => ({ figure, of: place, in: hour });

  document.addEventListener("click", (event) => {
    const target = event.target;
    const figure = target.closest?.("[data-figure]");
    if (figure) {
      event.preventDefault();
      const same = shown && figure.hasAttribute("data-asked") && !drawer().contains(figure);
      if (same) close();
      else ask(of(figure.dataset));
    } else if (target.closest?.("[data-passport-close]")) close();
    else if (target.closest?.("[data-passport-retry]")) fetchIt(null);
    else if (target.closest?.("[data-passport-copy]")) copy(target.closest("[data-passport-copy]"));
  });
  window.addEventListener("askfigure", (event) => ask(of(event.detail)));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown && !event.defaultPrevented && !event.isComposing) close();
    // In the table the cell has the focus, not the figure in it.
    if (event.key === "Enter" && event.target.matches?.(".ag-cell")) {
      const figure = event.target.querySelector("[data-figure]");
      if (figure) ask(of(figure.dataset));
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-upper-figures]");
    if (!form) return;
    event.preventDefault();
    enter(form);
  });

  window.addEventListener("versionchange", (event) => { if (shown) fetchIt(event.detail); });
  window.addEventListener("popstate", follow);
  window.addEventListener("_dashprivate_pushstate", follow);

  // Dash puts page and drawer in place when it has started, and anew on every page.
  let soon = false;
  new MutationObserver(() => {
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; follow(); if (shown) mark(); });
  }).observe(document.documentElement, { subtree: true, childList: true });

  // The figures in the table of sites.
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.Figure = (props) => {
    const { createElement } = window.React;
    const written = props.valueFormatted ?? props.value;
    if (props.value === null || props.value === undefined) return written;
    const { figure, hour, title } = props;
    const attributes = { "data-figure": figure, "data-of": props.data.code, ...(hour ? { "data-in": hour } : {}) };
    return createElement("button", { type: "button", className: "fig", tabIndex: -1, title, ...attributes }, written);
  };
})();
