/* Pages whose panels are drawn for their reader (one tube, a laboratory's desk): asked for anew with every version of
   the record, which is the one cheap question a page asks, and put into their places. */
(() => {
  "use strict";
  const POLL_MS = 2000;
  const PATIENCE = 3;

  const root = () => document.getElementById("own-panels");

  let shown = null; // the page that is being shown
  let version = ""; // of the record when it was last asked
  let asked = 0; // the latest question: answers to earlier ones are dropped
  let drawn = {}; // slug → JSON of what is on the screen
  let trees = {};
  let failed = 0;

  function question() {
    const { keys, language } = root().dataset;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(root().dataset)) {
      if (name.startsWith("ask") && value) query.set(name.slice(3).toLowerCase(), value);
    }
    const address = new URLSearchParams(location.search);
    for (const name of keys.split(" ")) if (address.get(name)) query.set(name, address.get(name));
    query.set("lang", language);
    return query;
  }

  async function get(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (answer.status === 401) window.command.signInAgain();
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.json();
  }

  function heard(well) {
    failed = well ? 0 : failed + 1;
    if (!document.getElementById("live")) document.body.dataset.state = failed >= PATIENCE ? "offline" : "live";
  }

  async function ask() {
    const place = root();
    if (!place) return;
    const mine = ++asked;
    let panels;
    try {
      panels = await get(`${place.dataset.own}?${question()}`);
    } catch {
      heard(false);
      version = ""; // what stands there stays; the next round asks again
      return;
    }
    heard(true);
    if (mine !== asked || root() !== place) return;
    for (const [slug, tree] of Object.entries(panels)) {
      const json = JSON.stringify(tree);
      if (drawn[slug] === json || !document.getElementById(`drawing-${slug}`)) continue;
      window.dash_clientside.set_props(`drawing-${slug}`, { tree });
      drawn[slug] = json;
      trees[slug] = tree;
    }
    document.body.dataset.own = question().toString();
    window.dispatchEvent(new CustomEvent("panelsdrawn"));
  }

  async function look() {
    const place = root();
    if (!place || document.hidden) return;
    try {
      const { epoch, revision, minute } = await get(`/live/${encodeURIComponent(place.dataset.campaign)}`);
      heard(true);
      const now = `${epoch} ${revision} ${minute}`;
      if (now === version) return;
      version = now;
      ask();
    } catch {
      heard(false);
    }
  }

  /** Dash has laid the page anew after it was drawn: what was there is put back. */
  function again() {
    for (const [slug, tree] of Object.entries(trees)) {
      const node = document.getElementById(`drawing-${slug}`);
      if (node && !node.hasChildNodes() && tree.length) window.dash_clientside.set_props(`drawing-${slug}`, { tree });
    }
  }

  function begin() {
    const place = root();
    const now = place ? place.dataset.own + place.dataset.language + location.search : null;
    if (now === shown) { if (place) again(); return; }
    shown = now;
    drawn = {};
    trees = {};
    delete document.body.dataset.own;
    if (!place) return;
    document.documentElement.lang = place.dataset.language === "zh" ? "zh-CN" : place.dataset.language;
    ask();
  }

  setInterval(look, POLL_MS);
  setInterval(() => {
    const title = root()?.dataset.title;
    // Dash sets the title of the page's file after every change of page.
    if (title && document.title !== title && !document.getElementById("live")) document.title = title;
  }, 200);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("recordchange", ask);
  new MutationObserver(begin).observe(document.documentElement, { subtree: true, childList: true });

  window.command = Object.assign(window.command ?? {}, { askAgain: ask });
})();
