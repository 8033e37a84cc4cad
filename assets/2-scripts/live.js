/* The live loop. Asks the server once a second for the campaign's version; when it is new, fetches the snapshot of
   what the page shows and puts each panel into its place. `#live` says what the page shows; the state of the
   picture (loading, live, stale, offline, error) stands on <body data-state> and style sheets do the rest. */
(() => {
  "use strict";
  const POLL_MS = 1000;
  const TIMEOUT_MS = 4000;
  const PICTURE_MS = 15000; // a picture is larger and may have to be put together first; meanwhile the asking goes on
  const PATIENCE = 3; // failures in a row before the reader is told
  const OVERTAKEN_S = 10; // how much later than the next one an answer can come
  const SLOW_MS = 300; // a refresh shorter than this shows nothing
  const CHANGED_MS = 2000;
  const LANGS = { zh: "zh-CN", en: "en" };

  let shown = null; // what is being shown: the dataset of #live as a string
  let version = null; // {epoch, revision, minute} of the picture
  let snapshot = null; // the picture itself; colours in it are still names, so that another theme needs no fetch
  let drawn = {}; // slug → JSON of what is on the screen
  let frames = {}; // slug → the same without the rows of its table
  let seen = new Map(); // data-key → value, to light up what has changed
  let campaignClock = null; // {at: campaign time of the server's answer, heard: performance.now() then, speed}
  let lastHeard = null; // Date.now() of the last answer
  let failedPolls = 0;
  let failedSnapshots = 0;
  let busy = false;
  let again = false; // a wish to poll at once that came while busy
  let fetching = null; // {asked, again}: the picture on its way; that of another page takes its place

  const element = () => document.getElementById("live");
  const said = () => JSON.stringify({ ...element()?.dataset });
  const pause = () => new Promise((done) => setTimeout(done, 0));

  // ---- the loop ----

  async function poll() {
    const live = element();
    if (!live) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      beginIfOther(live);
      const asked = shown;
      let head;
      try {
        head = await window.command.get(`/live/${encodeURIComponent(live.dataset.campaign)}`, TIMEOUT_MS);
        // A server that cannot ask its database shows what it has kept, and says for how long it has not heard.
        const behind = (head.behind ?? 0) * 1000;
        failedPolls = behind >= PATIENCE * POLL_MS ? Math.max(PATIENCE, failedPolls + 1) : 0;
        lastHeard = Date.now() - behind;
        campaignClock = { at: Date.parse(head.now), heard: performance.now() - behind, speed: head.speed ?? 1 };
      } catch {
        failedPolls += 1;
        return;
      }
      if (asked !== shown || !isNewer(head)) return;
      if (live.dataset.place) refresh(live, head, asked);
      else waitForPlaces(head);
    } finally {
      busy = false;
      showState();
      if (again) { again = false; poll(); }
    }
  }

  /** Another page, place, campaign or language: the old picture says nothing about it. */
  function beginIfOther(live) {
    const now = said();
    if (now === shown) return;
    // Another hour of the same page finds its tables in place, sorted as the reader wanted them.
    if (!shown || withoutHour(now) !== withoutHour(shown)) frames = {};
    shown = now;
    version = snapshot = null;
    drawn = {};
    seen = new Map();
    failedSnapshots = 0;
    document.documentElement.lang = LANGS[live.dataset.language] ?? live.dataset.language;
    showState();
  }

  const withoutHour = (said) => JSON.stringify({ ...JSON.parse(said), hour: "" });

  /** Answers can overtake each other: only a later version of the same database is news. One that is minutes behind
      has overtaken nothing: the server's clock was set back, and its time is the time that counts. */
  function isNewer(head) {
    if (!version || head.epoch !== version.epoch) return true;
    if (head.revision !== version.revision) return head.revision > version.revision;
    return head.minute > version.minute || version.minute - head.minute > 1 + OVERTAKEN_S * (head.speed ?? 1) / 60;
  }

  /** A campaign without places has no picture; what it gets first makes another page of it. */
  function waitForPlaces(head) {
    if (version && head.revision !== version.revision) { location.reload(); return; }
    version = head;
    snapshot = { panels: {} };
  }

  /** Where the picture of a page stands; `head` is a version. */
  function address({ campaign, view, place, language, hour, lab }, head) {
    const looking = (hour ? `&hour=${encodeURIComponent(hour)}` : "") + (lab ? `&lab=${encodeURIComponent(lab)}` : "");
    // Snapshots stay in the cache for good; revisions begin anew with every database, so its name is in the address.
    const path = [campaign, view, place, language].map(encodeURIComponent).join("/");
    return `/snapshots/${path}/${head.revision}-${head.minute}?epoch=${encodeURIComponent(head.epoch)}${looking}`;
  }

  async function refresh(live, head, asked) {
    if (fetching?.asked === asked) { fetching.again = true; return; }
    const mine = fetching = { asked };
    const gone = () => fetching !== mine || asked !== said(); // the reader has gone on to another page
    const slow = setTimeout(() => document.body.toggleAttribute("data-refreshing", snapshot !== null), SLOW_MS);
    try {
      // A page that plays the hours of the day has fetched the next ones already.
      const next = window.command.ahead?.(live.dataset, head) ??
        (await window.command.get(address(live.dataset, head), PICTURE_MS).catch(() => null));
      if (gone()) return;
      if (next === null) { failedSnapshots += 1; return; }
      snapshot = next;
      // The server may have sent us on to a newer one than we asked for.
      version = { epoch: next.epoch, revision: next.revision, minute: next.minute };
      failedSnapshots = 0;
      window.dispatchEvent(new CustomEvent("versionchange", { detail: version }));
      await draw(gone);
    } catch (error) {
      failedSnapshots += 1; // it came and cannot be drawn
      console.warn(error);
    } finally {
      clearTimeout(slow);
      if (fetching === mine) {
        fetching = null;
        document.body.removeAttribute("data-refreshing");
        showState();
        if (mine.again) poll();
      }
    }
  }

  // ---- drawing ----

  /** Put every panel that differs from what is on the screen into its place, one per task. */
  async function draw(gone) {
    for (const [slug, tree] of Object.entries(snapshot.panels)) {
      if (gone()) return; // what stands here now has another picture
      const json = JSON.stringify(tree);
      if (drawn[slug] === json) continue;
      if (!document.getElementById(`panel-${slug}`)) continue;
      const { set_props } = window.dash_clientside;
      const table = tableIn(tree);
      const frame = table && JSON.stringify(tree, (name, value) => (name === "rowData" ? null : value));
      if (table && frames[slug] === frame && document.getElementById(table.id)) {
        // The reader's sort, filters and search stay: only the rows are others.
        fill(table);
      } else if (document.getElementById(`drawing-${slug}`) && window.command.canDraw(tree)) {
        set_props(`drawing-${slug}`, { tree });
      } else {
        set_props(`panel-${slug}`, { children: painted(tree) });
        frames[slug] = frame;
      }
      drawn[slug] = json;
      await pause();
    }
    await pause();
    if (gone()) return;
    fillIn();
    lightUp();
    window.dispatchEvent(new CustomEvent("picturedrawn"));
  }

  /** The properties of the table in a tree, if it has one. */
  function tableIn(part) {
    if (part === null || typeof part !== "object") return null;
    if (part.type === "AgGrid") return part.props;
    for (const below of Array.isArray(part) ? part : [part.props?.children]) {
      const found = tableIn(below);
      if (found) return found;
    }
    return null;
  }

  /** Give a table its rows. All of them anew would empty a filter the reader is just filling in: meanwhile each changes
      where it is, and what comes or goes waits for the next picture. */
  function fill({ id, rowData }) {
    if (!document.querySelector(`[id="${id}"] .ag-filter`)) {
      window.dash_clientside.set_props(id, { rowData });
      return;
    }
    const grid = window.dash_ag_grid.getApi(id);
    grid.applyTransaction({ update: rowData.filter(({ code }) => grid.getRowNode(code)) });
  }

  /** A tree for Dash itself, its figures in the present colours. */
  function painted(part) {
    if (Array.isArray(part)) return part.map(painted);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, value]) => [name, name === "figure" ? window.command.coloured(value) : painted(value)]),
    );
  }

  /** Other colours: drawings see to themselves, what Dash draws is given to it again. No fetch. */
  function repaint() {
    if (!snapshot) return;
    for (const [slug, json] of Object.entries(drawn)) {
      if (json.includes('"@') && !document.getElementById(`drawing-${slug}`)) delete drawn[slug];
    }
    const asked = shown;
    draw(() => asked !== said());
  }

  function lightUp() {
    for (const node of document.querySelectorAll("[data-key]")) {
      const { key, value } = node.dataset;
      if (seen.has(key) && seen.get(key) !== value) {
        node.classList.add("changed");
        setTimeout(() => node.classList.remove("changed"), CHANGED_MS);
      }
      seen.set(key, value);
    }
  }

  // ---- time and state ----

  /** The campaign's present moment, in milliseconds: it may run faster than ours. */
  function campaignNow() {
    if (!campaignClock) return null;
    return campaignClock.at + (performance.now() - campaignClock.heard) * campaignClock.speed;
  }

  function clockText(moment, zone) {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(moment);
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  /** What the page tells by itself between two pictures. */
  function fillIn() {
    const now = campaignNow();
    if (now !== null) {
      for (const node of document.querySelectorAll("[data-clock]")) setText(node, clockText(now, node.dataset.zone));
      for (const node of document.querySelectorAll("[data-minutes-since]")) {
        const minutes = Math.floor((now - Date.parse(node.dataset.minutesSince)) / 60000);
        setText(node, String(Math.max(0, minutes)));
      }
    }
    const crit = Number(document.querySelector("[data-crit]")?.dataset.crit ?? 0);
    for (const node of document.querySelectorAll("[data-crit-count]")) {
      setText(node, crit ? String(crit) : "");
      node.classList.toggle("some", crit > 0);
    }
    if (failedPolls >= PATIENCE && lastHeard !== null) {
      const zone = document.querySelector("[data-clock]")?.dataset.zone;
      const minutes = Math.floor((Date.now() - lastHeard) / 60000);
      for (const node of document.querySelectorAll("[data-offline-minutes]")) setText(node, String(minutes));
      for (const node of document.querySelectorAll("[data-stopped-at]")) {
        if (campaignClock) setText(node, clockText(campaignClock.at, zone));
      }
    }
  }

  function state() {
    if (failedPolls >= PATIENCE) return "offline";
    if (failedSnapshots >= PATIENCE) return "error";
    if (!snapshot) return "loading";
    const now = campaignNow();
    return snapshot.stale_at && now !== null && now > Date.parse(snapshot.stale_at) ? "stale" : "live";
  }

  function showState() {
    if (!element()) { delete document.body.dataset.state; return; }
    // Dash sets the title of the page's file after every change of page.
    const { title } = element().dataset;
    if (title && document.title !== title) document.title = title;
    const [before, now] = [document.body.dataset.state, state()];
    if (before !== now) {
      document.body.dataset.state = now;
      if ((before === "stale") !== (now === "stale")) window.dispatchEvent(new CustomEvent("stalechange"));
    }
    fillIn();
  }

  // ---- what makes it go ----

  setInterval(poll, POLL_MS);
  setInterval(showState, POLL_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  window.addEventListener("online", poll);
  window.addEventListener("pageshow", poll);
  window.addEventListener("recordchange", poll); // a page has written something: show it at once
  window.addEventListener("themechange", repaint);
  window.addEventListener("stalechange", repaint);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-retry]")) return;
    failedSnapshots = 0;
    version = null;
    poll();
  });

  // Dash puts #live into the page when it has started, and changes its attributes when the reader goes to another
  // page: look at once instead of at the next second.
  new MutationObserver(() => {
    const live = element();
    if (live && said() !== shown) poll();
  }).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true,
    attributeFilter: ["data-campaign", "data-view", "data-place", "data-language", "data-epoch", "data-hour", "data-lab"],
  });

  window.command = Object.assign(window.command ?? {}, { snapshotAddress: address });
})();
