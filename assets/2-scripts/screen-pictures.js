/* Briefing screens in small, on the fleet page and the remote: the screen's own scenes, drawn by the screen's own script
   and sheet (`assets/wall/scene.js`, `/screen/wall.css`) into a tree of their own, and shrunk. */
(() => {
  "use strict";
  const SCENE_SCRIPT = "/assets/wall/scene.js";
  const SHEET = "/screen/wall.css";
  const AGAIN_MS = 2000;

  let tools = null; // resolves to the sheet once script and sheet are there
  const pictures = new Map(); // "screen/scene" → { version, snapshot }
  const sizes = new ResizeObserver((seen) => seen.forEach(({ target }) => shrink(target)));

  function script(address) {
    return new Promise((done, failed) => {
      const node = document.createElement("script");
      Object.assign(node, { src: address, onload: done, onerror: failed });
      document.head.append(node);
    });
  }

  function ready() {
    tools ??= (async () => {
      const [answer] = await Promise.all([fetch(SHEET), script(SCENE_SCRIPT)]);
      if (!answer.ok) throw new Error(`${SHEET}: ${answer.status}`);
      const sheet = new CSSStyleSheet();
      await sheet.replace(await answer.text());
      return sheet;
    })();
    tools.catch(() => { tools = null; }); // asked again with the next picture
    return tools;
  }

  /** What a screen shows of a scene; what was fetched for this version stays. */
  async function snapshot(place, scene) {
    const { picture, version } = place.dataset;
    const key = `${picture}/${scene}`;
    const kept = pictures.get(key);
    if (kept?.version === version) return kept.snapshot;
    const { own } = document.getElementById("own-panels").dataset;
    const answer = await fetch(`${own}/${picture}/${encodeURIComponent(scene)}`, { credentials: "same-origin" });
    if (!answer.ok) return kept?.snapshot ?? null;
    const told = await answer.json();
    pictures.set(key, { version, snapshot: told });
    return told;
  }

  function part(tag, className, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...children);
    return node;
  }

  function stage(scenes, told, form) {
    const { name, place, zone, minute, panels } = told.at(-1);
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(minute * 60_000);
    const all = part("div", "scenes", ...scenes);
    const foot = part("div", "wf");
    if (panels.stamp) foot.append(window.wall.build(panels.stamp));
    const whole = part("div", "stage", part("div", "wh", part("b", "", name), part("span", "where", place), part("span", "sp"), part("span", "clk num", clock)), all, foot);
    const wall = part("div", "small-wall", whole);
    wall.dataset.wall = form === "tall" ? "tall" : scenes.length > 1 ? "duo" : "";
    wall.dataset.theme = "dark";
    wall.style.setProperty("--halves", scenes.length);
    wall.style.setProperty("--across", 124 * scenes.length - 4);
    return wall;
  }

  function shrink(place) {
    const whole = place.shadowRoot?.querySelector(".stage");
    if (!whole) return;
    const scale = Math.min(place.clientWidth / whole.offsetWidth, place.clientHeight / whole.offsetHeight);
    whole.style.transform = `translate(-50%, -50%) scale(${scale})`;
  }

  async function draw(place) {
    const { picture, scenes, version } = place.dataset;
    const wanted = `${picture} ${scenes} ${version}`;
    if (place.wanted === wanted) return;
    place.wanted = wanted;
    try {
      const sheet = await ready();
      const names = scenes.split(" ");
      const told = await Promise.all(names.map((scene) => snapshot(place, scene)));
      if (place.wanted !== wanted || told.includes(null)) throw new Error("no picture yet");
      const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      const upright = place.clientHeight > place.clientWidth;
      const form = upright && told.at(-1).panels.tall ? "tall" : "wide";
      const drawn = names.map((scene, i) => window.wall.scene(scene, told[i], form));
      root.replaceChildren(stage(drawn, told, form));
      for (const line of root.querySelectorAll(".msg")) window.wall.fit(line);
      shrink(place);
      sizes.observe(place);
      place.dataset.drawn = "";
    } catch {
      // The headline stands there meanwhile.
      setTimeout(() => { if (place.wanted === wanted) { delete place.wanted; if (place.isConnected) draw(place); } }, AGAIN_MS);
    }
  }

  window.addEventListener("panelsdrawn", () => {
    // The panels are in the document one task after they have been given to it.
    setTimeout(() => document.querySelectorAll("[data-picture]").forEach(draw), 0);
  });
})();
