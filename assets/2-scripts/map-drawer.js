/* The drawer of a site on the map. The map says `site-chosen`, other parts of the page carry `data-site`; which site is
   shown stands in the address (`at`), so that it can be sent to somebody. It follows the hour looked at and every new
   picture of the page. The server draws it (views/map_drawer.py). */
(() => {
  "use strict";
  const TIMEOUT_MS = 15000;

  let shown = null; // what the drawer shows or is fetching, as a string; null while it is closed
  let opener = null; // what had the focus when it was opened
  let version = null; // of the picture on the screen
  let asked = 0; // number of the newest question: answers can overtake each other

  const drawer = () => document.getElementById("map-drawer");
  const live = () => document.getElementById("live");
  const get = (url) => window.command.get(url, TIMEOUT_MS);

  /** The site in the address, of the page as it stands. */
  function question() {
    const site = new URLSearchParams(location.search).get("at");
    const page = live();
    if (!site || !page?.dataset.place || !drawer()) return null;
    const { campaign, language, hour } = page.dataset;
    return { campaign, language, hour: hour ?? "", site };
  }

  function address(site) {
    const url = new URL(location);
    if (site) url.searchParams.set("at", site);
    else url.searchParams.delete("at");
    history.replaceState(history.state, "", url);
  }

  function choose(site) {
    if (!site || !drawer()) return;
    if (shown === null) opener = document.activeElement;
    address(site);
    follow();
    drawer().focus({ preventScroll: true });
  }

  function close() {
    address("");
    follow();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  }

  /** Bring the drawer to what the address says. */
  function follow() {
    const wanted = question();
    const now = wanted && JSON.stringify(wanted);
    if (now === shown) return;
    const before = shown && JSON.parse(shown);
    shown = now;
    const place = drawer();
    document.body.toggleAttribute("data-site-open", wanted !== null);
    mark();
    if (!place || !wanted) return;
    // Another hour of the same site keeps what stands there until the new picture has come.
    if (before?.site !== wanted.site) {
      place.dataset.state = "loading";
      place.querySelector(".md-body")?.scrollTo(0, 0);
    }
    fetchIt();
  }

  /** The map rings the site that is shown. */
  function mark() {
    const stage = document.querySelector(".map-stage");
    const site = shown ? JSON.parse(shown).site : "";
    if (stage && (stage.dataset.chosen ?? "") !== site) stage.dataset.chosen = site;
  }

  async function fetchIt() {
    const number = ++asked;
    const { campaign, language, hour, site } = JSON.parse(shown);
    try {
      const at = version ?? (await get(`/live/${encodeURIComponent(campaign)}`));
      const path = [campaign, site, language].map(encodeURIComponent).join("/");
      const query = new URLSearchParams({ epoch: at.epoch, ...(hour ? { hour } : {}) });
      const next = await get(`/map-sites/${path}/${at.revision}-${at.minute}?${query}`);
      if (number !== asked || !shown) return;
      window.dash_clientside.set_props("drawing-map-drawer", { tree: next.panels["map-drawer"] });
      drawer().dataset.state = "shown";
    } catch (error) {
      if (number !== asked || !shown) return;
      // What stands there stays as long as it is the answer to the same question.
      if (drawer().dataset.state !== "shown") drawer().dataset.state = "failed";
      console.info("no picture:", error.message);
    }
  }

  document.addEventListener("site-chosen", (event) => choose(event.detail.place));

  document.addEventListener("click", (event) => {
    const target = event.target;
    const asking = target.closest?.("[data-site]");
    const row = target.closest?.(".map-grid .ag-row[row-id]");
    if (asking) choose(asking.dataset.site);
    else if (row && !target.closest("a, button")) choose(row.getAttribute("row-id"));
    else if (target.closest?.("[data-site-close]")) close();
    else if (target.closest?.("[data-site-retry]") && shown) fetchIt();
  });

  // Before the passport, which lies over it and is closed first.
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown && !event.defaultPrevented && !event.isComposing) {
      if (document.body.hasAttribute("data-passport")) return;
      event.preventDefault();
      close();
    }
    if (event.key === "Enter" && event.target.matches?.(".map-grid .ag-cell") && !event.target.querySelector("[data-figure]")) {
      choose(event.target.closest(".ag-row").getAttribute("row-id"));
    }
  }, true);

  window.addEventListener("versionchange", (event) => {
    version = event.detail;
    if (shown) fetchIt();
  });
  window.addEventListener("popstate", follow);
  window.addEventListener("_dashprivate_pushstate", follow);

  // Dash puts page and drawer in place when it has started, and anew on every page; the hour looked at stands on #live.
  let soon = false;
  new MutationObserver(() => {
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; follow(); mark(); });
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-hour"] });
})();
