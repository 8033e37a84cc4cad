/* The beat of a briefing screen: asks the server, keeps the clockwork going, and as a last resort loads itself anew. */
(() => {
  "use strict";
  const { Link, Screen, Join, get, speak, software } = window.wall;
  const BEAT = 250;
  const ASK = 750, ASK_SILENT = 10_000, ASK_JOINING = 2000;
  const QUIET = 3000; // ms after which the pointer hides
  const MOST = { heap: 500, nodes: 40_000, faults: 20, stuck: 120_000 };
  const RELOAD_AGAIN = { wish: 30_000, software: 600_000, watchdog: 600_000 };

  const link = new Link();
  const screen = new Screen(link);
  const join = new Join(document.getElementById("scenes"));
  const began = performance.now();
  const chance = Math.random(); // so that a hall of screens does not do everything at once
  let asking = false, askAt = 0, answered = false, joining = false, newSince = null;

  /** Megabytes of this page's objects; 0 in a browser that does not say. */
  const heap = () => (performance.memory?.usedJSHeapSize ?? 0) / 1e6;

  // -- asking

  function said() {
    const picture = screen.picture;
    const ratio = window.devicePixelRatio || 1;
    const facts = {
      size: `${Math.round(innerWidth * ratio)}x${Math.round(innerHeight * ratio)}`, clock: Date.now(), software,
      loaded: Math.round(performance.timeOrigin), state: screen.standing, drops: link.drops,
      uptime: Math.round((performance.now() - began) / 1000), drawn: Math.round(screen.drawn),
      heap: Math.round(heap()) || "", left: screen.turnsIn ?? "",
    };
    if (picture) {
      Object.assign(facts, { scene: screen.turn ?? "", version: picture.version, data: picture.data_until ?? "" });
    }
    return facts;
  }

  async function ask() {
    asking = true;
    const at = performance.now();
    try {
      const heard = await link.ask(said());
      if (heard === "heard") {
        speak(link.state.language, link.state.zone);
        if (joining) leaveDoor();
      } else if (heard === "unknown") standAtDoor();
      answered = true;
    } finally {
      asking = false;
      const silent = link.state && performance.now() - link.heardAt > window.wall.play.GONE;
      askAt = Math.max(performance.now(), at + (joining ? ASK_JOINING : silent || !link.state ? ASK_SILENT : ASK));
    }
  }

  /** Not joined, or no longer: what was shown is gone at once. */
  function standAtDoor() {
    if (!joining) {
      link.forget();
      screen.reset();
      screen.marks.known.clear();
      for (const part of screen.parts) { part.replaceChildren(); part.said = ""; part.className = part.className.split(" ")[0]; }
      delete screen.stage.dataset.state;
      document.documentElement.dataset.wall = innerHeight > innerWidth ? "tall" : "";
      joining = true;
    }
    join.show();
  }

  function leaveDoor() {
    joining = false;
    join.end();
    document.getElementById("scenes").replaceChildren();
  }

  // -- loading anew

  /** Load the document anew, if the server gives one and this was not just done for the same reason. */
  async function reload(why) {
    const last = JSON.parse(sessionStorage.getItem("reloaded") ?? "{}");
    if (Date.now() - (last[why] ?? 0) < RELOAD_AGAIN[why] && Date.now() >= (last[why] ?? 0)) return;
    sessionStorage.setItem("reloaded", JSON.stringify({ ...last, [why]: Date.now() }));
    try {
      const answer = await fetch("/screen", { cache: "no-store", signal: AbortSignal.timeout(8000) });
      const text = answer.ok ? await answer.text() : "";
      const wanted = why === "software" ? `?v=${link.state?.software}"` : "?v=";
      if (text.includes(wanted)) location.reload();
    } catch { /* no server: what is here is better than nothing */ }
  }

  function watch() {
    if (!link.state || joining) return;
    const at = performance.now();
    const { state } = link;
    if (state.reload) reload("wish");
    newSince = state.software === software ? null : newSince ?? at;
    if (newSince !== null && at - newSince > chance * 20_000) reload("software");
    const stuck = screen.mayTurn && screen.programme.turning.length > 1
      && at - screen.triedAt > 3 * screen.dwell + MOST.stuck;
    if (heap() > MOST.heap || screen.faults > MOST.faults || stuck || document.getElementsByTagName("*").length > MOST.nodes) reload("watchdog");
  }

  // -- the beat

  function beat() {
    try {
      const at = performance.now();
      if (!asking && at >= askAt) ask();
      // What was kept waits for the first answer, so that a reload does not flash grey.
      if (!joining && (answered || at - began > 3000)) {
        if (link.state) screen.tick();
        else if (at - began > 300) noServerYet();
      } else if (!joining && !link.state && at - began > 300) screen.wait();
      if (joining) join.show();
    } catch (fault) {
      screen.faults += 1;
      console.info("a beat was missed:", fault);
    }
  }

  /** Nothing was kept and nobody answers: said, and asked again. */
  function noServerYet() {
    screen.wait();
    screen.stage.dataset.state = "offline";
    window.wall.frame.foot(screen.parts[2], { kind: "offline", stoppedAt: null, dataUntil: null, minute: 0, silent: 0, retry: ASK_SILENT / 1000 });
  }

  // -- somebody at the screen

  const KEYS = { ArrowRight: () => screen.step(1), ArrowLeft: () => screen.step(-1), " ": () => screen.pause(), Escape: () => screen.leave() };
  addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    KEYS[event.key]();
    beat();
  });
  let quiet = setTimeout(hide, QUIET);
  function hide() { document.documentElement.dataset.quiet = ""; }
  addEventListener("mousemove", () => {
    delete document.documentElement.dataset.quiet;
    clearTimeout(quiet);
    quiet = setTimeout(hide, QUIET);
  });
  addEventListener("resize", beat);
  for (const kind of ["error", "unhandledrejection"]) addEventListener(kind, () => { screen.faults += 1; });
  document.fonts?.ready.then(() => { if (screen.on.length) screen.draw(); });

  async function begin() {
    if ("serviceWorker" in navigator) {
      navigator.serviceWorker.register("/screen/sw.js", { scope: "/screen" }).catch(() => {}); // without it a reload needs the server
    }
    if (await join.byLink()) window.wall.keep.forget();
    else if (link.recall()) speak(link.state.language, link.state.zone);
    setInterval(beat, BEAT);
    setInterval(watch, 2000);
    beat();
  }

  window.wall.running = { link, screen, join };
  begin();
})();
