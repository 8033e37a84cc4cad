/* The page of suggestions. What is asked (kind, how many, from where) stands in the address; every other question than
   the first one is answered by the server, drawn, into the place the page leaves empty (.sg-slot). Nothing here
   applies anything: a place goes on the planning list as a wish, the text of an order into the clipboard. */
(() => {
  "use strict";
  const NAMES = ["kind", "k", "candidates"];

  let shown = null; // the .sg the state below belongs to
  let question = {};
  let root = null; // React's root in the slot
  let asked = 0; // answers can overtake each other
  const listed = new Set(); // keys of what has been put on the planning list from here

  const page = () => document.querySelector(".sg[data-suggestions]");
  const api = (path) => `/api/v1/campaigns/${encodeURIComponent(shown.dataset.suggestions)}/${path}`;
  const some = () => NAMES.some((name) => question[name]);

  function read() {
    const query = new URLSearchParams(location.search);
    question = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));
  }

  function write() {
    const url = new URL(location);
    for (const name of NAMES) {
      if (question[name]) url.searchParams.set(name, question[name]);
      else url.searchParams.delete(name);
    }
    history.replaceState(history.state, "", url);
  }

  async function ask() {
    if (!shown || !some()) { marks(); return; }
    const number = (asked += 1);
    const place = shown;
    const { hour, language } = document.getElementById("live")?.dataset ?? {};
    const query = new URLSearchParams({ scope: place.dataset.place, draw: "1" });
    for (const name of NAMES) if (question[name]) query.set(name, question[name]);
    if (hour) query.set("hour", hour);
    place.dataset.busy = "";
    let answer = null;
    try {
      const response = await fetch(`${api("suggestions")}?${query}`, {
        credentials: "same-origin", headers: { Accept: "application/json", "Accept-Language": language },
      });
      if (response.status === 401) window.command.signInAgain();
      answer = { status: response.status, json: await response.json() };
    } catch { /* told below */ }
    delete place.dataset.busy;
    if (place !== shown || number !== asked) return;
    if (answer?.status === 200) draw(answer.json.drawn);
    else if (answer?.status === 400) { question = {}; write(); back(); } // an address that makes no sense
    else say(shown.dataset.unsent, true);
  }

  function draw(tree) {
    const slot = shown.querySelector(".sg-slot");
    const held = document.activeElement?.closest?.(".sg") ? document.activeElement.dataset.c : null;
    const open = [...slot.querySelectorAll("details[open] > summary")].map((node) => node.dataset.c);
    root ??= window.ReactDOM.createRoot(slot);
    window.ReactDOM.flushSync(() => root.render(window.React.createElement(
      window.command.Drawing, { id: "suggestions-asked", tree },
    )));
    shown.dataset.asked = NAMES.map((name) => question[name]).join(" ");
    for (const name of open) slot.querySelector(`[data-c="${CSS.escape(name)}"]`)?.parentElement.setAttribute("open", "");
    if (held) slot.querySelector(`[data-c="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    marks();
  }

  function back() {
    delete shown.dataset.asked;
    marks();
  }

  /** What was put on the list stays marked when the page is drawn anew. */
  function marks() {
    for (const button of shown?.querySelectorAll("[data-put]") ?? []) {
      button.parentElement.toggleAttribute("data-listed", listed.has(JSON.parse(button.dataset.put).key));
    }
  }

  function say(text, bad) {
    for (const node of shown.querySelectorAll("[data-answer]")) {
      node.textContent = text;
      node.classList.toggle("crit", bad);
    }
  }

  function choose(button) {
    for (const name of NAMES) if (button.dataset[name]) question[name] = button.dataset[name];
    write();
    ask();
  }

  async function put(button) {
    const body = JSON.parse(button.dataset.put);
    button.disabled = true;
    const answer = await window.command.send(api("planning"), body);
    button.disabled = false;
    if (answer.status < 200 || answer.status > 299) {
      say(answer.json?.errors?.[0]?.message ?? answer.json?.rejected?.[0]?.message ?? (answer.json?.detail || shown.dataset.unsent), true);
      return;
    }
    listed.add(body.key);
    marks();
    say(shown.dataset.listed, false);
    window.dispatchEvent(new Event("recordchange"));
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say(shown.dataset.copied, false);
    } catch {
      getSelection()?.selectAllChildren(button.parentElement.querySelector(".sg-order"));
      say(shown.dataset.notCopied, true);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".sg button");
    if (!button || !shown) return;
    if (button.dataset.put) put(button);
    else if (button.dataset.copy) copy(button);
    else if (NAMES.some((name) => button.dataset[name])) choose(button);
  });
  window.addEventListener("versionchange", () => { if (shown && document.contains(shown)) ask(); });

  /** The page has come or gone. */
  function notice() {
    const now = page();
    if (now === shown) return;
    root?.unmount();
    root = null;
    shown = now;
    if (!shown) return;
    read();
    ask();
  }
  new MutationObserver(notice).observe(document.documentElement, { subtree: true, childList: true });
})();
