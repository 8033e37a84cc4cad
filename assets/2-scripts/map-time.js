/* The hour slider of the map's page and the playback of the day. An hour is shown by naming it on #live, from which
   live.js draws every panel anew: Dash does not lay the page out again, so that the map keeps its window and its
   layer. The slider's last stop is now. */
(() => {
  "use strict";
  const STEP_MS = 1400; // an hour of playback at the usual pace
  const CALM_MS = 3000; // the same for who wants little motion
  const SCRUB_MS = 160; // a hand that still moves has not chosen yet
  const AHEAD = 3; // hours fetched before they are wanted
  const FRESH_MS = 20000; // how long one of them may wait without playback

  let playing = null; // timer of the playback
  let speed = 1;
  let version = null; // of the picture on the screen
  let drawnHour = null; // the hour it shows
  let kept = new Map(); // question → {snapshot, at}
  let asking = new Set();
  let scrub = null; // timer of the slider
  let aimed = null; // the stop the slider shows while it is being moved

  const bar = () => document.querySelector(".map-time");
  const live = () => document.getElementById("live");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const stops = () => [...(bar()?.querySelectorAll(".mh-stop[data-hour]") ?? [])];

  /** Hours stand in addresses with their zone, which may be written in several ways. */
  const same = (one, other) => one === other || (one && other && Date.parse(one) === Date.parse(other));
  const hourShown = () => live()?.dataset.hour ?? "";

  /** The slider's position: that of the hour looked at, one beyond the last for now. */
  function position() {
    const found = stops();
    const at = found.findIndex((stop) => same(stop.dataset.hour, hourShown()));
    return at < 0 ? found.length : at;
  }

  // ---- showing an hour ----

  function choose(hour) {
    const page = live();
    if (!page || same(page.dataset.hour ?? "", hour)) return;
    const url = new URL(location);
    if (hour) url.searchParams.set("hour", hour);
    else url.searchParams.delete("hour");
    history.replaceState(history.state, "", url);
    page.dataset.hour = hour;
    mark();
    fetchAhead();
  }

  function chooseStop(at) {
    const found = stops();
    choose(at >= found.length ? "" : found[Math.max(0, at)].dataset.hour);
  }

  /** Bring slider and buttons to the hour shown, or to the one the hand is at. */
  function mark() {
    const root = bar();
    if (!root) return;
    const found = stops();
    const at = aimed ?? position();
    found.forEach((stop, index) => stop.toggleAttribute("data-on", index === at));
    const track = root.querySelector(".mh-track");
    const stop = found[at];
    const value = String(Math.min(at, found.length));
    if (track.getAttribute("aria-valuenow") !== value) track.setAttribute("aria-valuenow", value);
    const said = stop ? stop.dataset.said : track.dataset.live;
    if (track.getAttribute("aria-valuetext") !== said) track.setAttribute("aria-valuetext", said);
    const shown = root.querySelector("[data-map-shown]");
    const name = stop ? stop.dataset.name : track.dataset.live;
    if (shown.textContent !== name) shown.textContent = name;
    root.toggleAttribute("data-looking", at < found.length);
    root.toggleAttribute("data-playing", playing !== null);
    const now = root.querySelector("[data-map-now]");
    now.setAttribute("aria-pressed", String(at >= found.length));
    const play = root.querySelector("[data-map-play]");
    const word = playing === null ? play.dataset.play : play.dataset.pause;
    if (play.getAttribute("aria-label") !== word) { play.setAttribute("aria-label", word); play.title = word; }
    const pace = root.querySelector("[data-map-speed]");
    const label = `${speed}×`;
    if (pace.textContent !== label) {
      pace.textContent = label;
      pace.setAttribute("aria-label", `${pace.title} ${label}`);
    }
  }

  // ---- playback ----

  function pace() {
    return (calm.matches ? CALM_MS : STEP_MS) / (calm.matches ? 1 : speed);
  }

  function play() {
    const found = stops();
    if (!found.length) return;
    // From the hour looked at; from now, the day from its beginning.
    if (position() >= found.length) chooseStop(0);
    playing = setTimeout(step, pace());
    mark();
    fetchAhead();
  }

  function stop() {
    if (playing === null) return;
    clearTimeout(playing);
    playing = null;
    mark();
  }

  function step() {
    if (!bar()) { playing = null; return; }
    // The next hour comes when this one has been seen.
    const seen = same(drawnHour ?? "", hourShown());
    if (seen && !document.hidden) {
      const next = position() + 1;
      chooseStop(next);
      if (next >= stops().length) { stop(); return; }
    }
    playing = setTimeout(step, seen ? pace() : 100);
  }

  // ---- the next hours, before they are wanted ----

  const question = (dataset, hour) => JSON.stringify([
    dataset.campaign, dataset.view, dataset.place, dataset.language, hour ? Date.parse(hour) : 0, version?.epoch,
  ]);

  async function fetchAhead() {
    const page = live();
    if (!page || !version || !page.dataset.place) return;
    const found = stops();
    const at = position();
    const wanted = playing === null ? [at - 1, at + 1] : Array.from({ length: AHEAD }, (_, k) => at + 1 + k);
    if (playing === null && at >= found.length) return; // who looks at now has not asked for the past
    const { ...asked } = page.dataset;
    for (const index of wanted) {
      const hour = found[index]?.dataset.hour;
      if (!hour) continue;
      const key = question(asked, hour);
      if (asking.has(key) || fresh(kept.get(key))) continue;
      asking.add(key);
      try {
        const answer = await fetch(window.command.snapshotAddress({ ...asked, hour }, version), { credentials: "same-origin" });
        if (answer.ok) kept.set(key, { snapshot: await answer.json(), at: performance.now() });
      } catch {
        // It is asked for again when it is wanted.
      } finally {
        asking.delete(key);
      }
    }
  }

  const fresh = (entry) => entry && (playing !== null || performance.now() - entry.at < FRESH_MS);

  /** What live.js may show without asking: an hour of the past that was fetched a moment ago. */
  function ahead(dataset, head) {
    if (!dataset.hour || head.epoch !== version?.epoch) return null;
    const entry = kept.get(question(dataset, dataset.hour));
    return fresh(entry) ? entry.snapshot : null;
  }

  // ---- what makes it go ----

  window.addEventListener("versionchange", ({ detail }) => {
    if (version?.epoch !== detail.epoch) kept = new Map();
    version = detail;
    if (playing !== null) fetchAhead();
  });
  window.addEventListener("picturedrawn", () => { drawnHour = hourShown(); });

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!bar()) return;
    if (target.closest?.("[data-map-play]")) {
      if (playing === null) play(); else stop();
    } else if (target.closest?.("[data-map-speed]")) {
      const speeds = target.closest("[data-map-speed]").dataset.mapSpeed.split(" ").map(Number);
      speed = speeds[(speeds.indexOf(speed) + 1) % speeds.length];
      mark();
    } else if (target.closest?.("[data-map-now]")) {
      stop();
      choose("");
    } else if (target.closest?.("[data-map-day]")) {
      stop();
      choose(target.closest("[data-map-day]").dataset.mapDay);
    }
  });

  /** The stop under a point of the screen; beyond the last hour that is over it is now. */
  function under(x) {
    const found = stops();
    const at = found.findIndex((each) => x < each.getBoundingClientRect().right);
    return at < 0 ? found.length : at;
  }

  function aim(at) {
    aimed = at;
    mark();
    clearTimeout(scrub);
    scrub = setTimeout(land, SCRUB_MS);
  }

  function land() {
    clearTimeout(scrub);
    if (aimed === null) return;
    const at = aimed;
    aimed = null;
    chooseStop(at);
    mark();
  }

  document.addEventListener("pointerdown", (event) => {
    const track = event.target.closest?.(".map-time .mh-track");
    if (!track || event.button !== 0) return;
    stop();
    track.setPointerCapture(event.pointerId);
    aim(under(event.clientX));
  });
  document.addEventListener("pointermove", (event) => {
    const track = event.target.closest?.(".map-time .mh-track");
    if (track?.hasPointerCapture(event.pointerId) && under(event.clientX) !== (aimed ?? position())) aim(under(event.clientX));
  });
  document.addEventListener("pointerup", (event) => {
    if (event.target.closest?.(".map-time .mh-track")) land();
  });

  document.addEventListener("keydown", (event) => {
    const track = event.target.closest?.(".map-time .mh-track");
    if (!track || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = aimed ?? position();
    const to = {
      ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
      PageDown: at - 3, PageUp: at + 3, Home: 0, End: stops().length,
    }[event.key];
    if (event.key === " ") {
      if (playing === null) play(); else stop();
    } else if (to !== undefined) {
      stop();
      aim(Math.min(Math.max(0, to), stops().length));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Links of the frame were written when the page was laid out, for the hour of then; those of the panels are right.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".top a[href], .tabs a[href], .seg a[href], .looking a[href]");
    if (!bar() || !link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.closest(".looking")) {
      event.preventDefault();
      event.stopPropagation();
      stop();
      choose("");
      return;
    }
    const to = new URL(link.href);
    if (!to.searchParams.get("place") || same(to.searchParams.get("hour") ?? "", hourShown())) return;
    if (hourShown()) to.searchParams.set("hour", hourShown());
    else to.searchParams.delete("hour");
    event.preventDefault();
    event.stopPropagation();
    if (link.lang) location.assign(to);
    else window.command.go(to.pathname + to.search);
  }, true);

  window.addEventListener("popstate", stop);

  // Each picture draws the slider anew, and Dash every page.
  let soon = false;
  new MutationObserver(() => {
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => {
      soon = false;
      if (bar()) mark();
      else if (playing !== null) stop();
    });
  }).observe(document.documentElement, { subtree: true, childList: true });

  window.command = Object.assign(window.command ?? {}, { ahead });
})();
