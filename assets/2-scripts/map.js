/* The map page: its window (drag, wheel, pinch, keys, the switch of towns), its layers, and the lists that follow it.
   What is drawn comes from the panel's `data-map`; a live refresh replaces that and moves nothing. Layer and window
   stand in the address. Tells the rest of the page: `map-window` after every change, `site-chosen` for a click. */
(() => {
  "use strict";
  const COVERAGE = "coverage";
  const STEP = 80; // pixels an arrow key moves
  const FACTOR = 1.5; // one step of zooming
  const NEAREST = 0.002; // kilometres per pixel: two metres
  const WHOLE = 0.7; // of the scale at which all of a place is seen, up to which it is seen as a whole
  const CLICK = 4; // pixels a pointer may move and still click
  const REACH = { mouse: 12, touch: 22 }; // pixels around a mark that hit it
  const KEY = 408; // pixels at the left that the key takes where it stands over the map
  const SETTLED_MS = 120;
  const KEEP = ["layer", "window", "view"]; // the address's words

  let stage = null; // the element of the map on the screen
  let json = ""; // what it shows, as it came
  let data = null;
  let key = ""; // campaign and place the state below belongs to
  let state = null; // {layer, town, view}; a view of its own only where the reader has moved the window
  let view = null; // {x, y, k}: middle of the window, km, and kilometres per pixel
  let size = { width: 0, height: 0 };
  let drawn = null; // what can be hit: {marks, heavy}
  let named = []; // labels, where they stand in the plane
  const extents = new Map(); // by town, of the present data
  let spot = null; // of the locator: its placing and scale
  let moved = { x: 0, y: 0 }; // pixels the drawing has been shifted since it was drawn
  let frame = 0;
  let settling = 0;
  const pointers = new Map();
  let gesture = null;
  const parts = () => window.command.map;
  const place = () => stage.closest(".map-place");
  const part = (name) => place().querySelector(`.map-${name}`);

  // ---- what came, and what the address says ----

  function look() {
    const now = document.querySelector(".map-stage");
    if (!now) { stage = null; json = ""; return; }
    if (now === stage && now.dataset.map === json) return;
    const fresh = now !== stage;
    [stage, json] = [now, now.dataset.map];
    data = JSON.parse(json);
    extents.clear();
    if (fresh) {
      stage.innerHTML = '<svg class="map-svg map"><g class="map-tiles"></g><g class="map-ground"></g><g class="map-marks"></g><g class="map-names"></g></svg>';
      fitting.disconnect();
      fitting.observe(stage);
    }
    stage.querySelector(".map-ground").innerHTML = parts().ground(data);
    drawForms();
    drawLocator();
    const { campaign, place: shown, view: page } = document.getElementById("live")?.dataset ?? {};
    const about = [campaign, shown, page].join(" ");
    if (about !== key || !state) { key = about; state = fromAddress(); view = null; }
    measure();
    if (gesture) keepDrag();
    if (size.width) settle();
  }

  function fromAddress() {
    const words = new URLSearchParams(location.search);
    const layer = data.marks[words.get("layer")] ? words.get("layer") : data.first;
    const numbers = (words.get("view") ?? "").split("_").map(Number);
    const town = data.towns.some(({ code }) => code === words.get("window")) ? words.get("window") : "";
    const own = numbers.length === 3 && numbers.every(Number.isFinite) && numbers[2] >= NEAREST;
    return { layer, town: own ? "" : town, view: own ? { x: numbers[0], y: numbers[1], k: numbers[2] } : null };
  }

  /** The address without or with the words of the map's present state. */
  function withState(address) {
    const url = new URL(address, location.href);
    for (const word of KEEP) url.searchParams.delete(word);
    if (state.layer !== data.first) url.searchParams.set("layer", state.layer);
    if (state.town) url.searchParams.set("window", state.town);
    else if (state.view) url.searchParams.set("view", [state.view.x.toFixed(3), state.view.y.toFixed(3), state.view.k.toPrecision(4)].join("_"));
    return url.href;
  }

  function toAddress() {
    const wanted = withState(location.href);
    if (wanted !== location.href) history.replaceState(history.state, "", wanted);
  }

  // ---- the window ----

  function measure() {
    const box = stage.getBoundingClientRect();
    size = { width: box.width, height: box.height };
  }

  function extent(town) {
    if (!extents.has(town)) extents.set(town, parts().extent(data, town));
    return extents.get(town);
  }

  /** The view that shows the whole of a town, or of all of them, below the switches. */
  function fitted(town) {
    const box = extent(town);
    const top = part("switches").offsetHeight + 20;
    const [wide, high] = [Math.max(size.width - 48, 60), Math.max(size.height - top - 20, 60)];
    const k = Math.max((box.east - box.west) / wide, (box.north - box.south) / high, 0.005);
    // Beside the key and the locator, where there is room for it.
    const over = getComputedStyle(part("legend")).position === "absolute";
    const [left, right] = [over ? KEY : 0, part("locator").offsetWidth && part("locator").offsetWidth + 24];
    const aside = (box.east - box.west) / k <= size.width - left - right ? ((left - right) / 2) * k : 0;
    return { x: (box.west + box.east) / 2 - aside, y: (box.south + box.north) / 2 + ((top - 20) / 2) * k, k };
  }

  function bounded({ x, y, k }) {
    const box = extent("");
    const within = (value, low, high) => Math.min(Math.max(value, low), high);
    return { x: within(x, box.west, box.east), y: within(y, box.south, box.north), k: within(k, NEAREST, fitted("").k * 1.6) };
  }

  /** A window of the reader's own. */
  function go(next) {
    keep(next);
    soon();
  }

  function keep(next) {
    state.view = view = bounded(next);
    state.town = "";
  }

  function zoom(factor, at = { x: size.width / 2, y: size.height / 2 }) {
    const k = Math.min(Math.max(view.k * factor, NEAREST), fitted("").k * 1.6);
    const [dx, dy] = [at.x - size.width / 2, size.height / 2 - at.y];
    // What is under the pointer stays there.
    go({ x: view.x + dx * (view.k - k), y: view.y + dy * (view.k - k), k });
  }

  /** Whether the window shows a city as a whole: then its districts are drawn, not its sites. */
  const byDistrict = () => data.by_district && !state.town && view.k > fitted("").k * WHOLE;

  function choose(town) {
    state.town = town;
    state.view = null;
    settle();
  }

  /** Draw in the next frame; names, lists and the address when the window has come to rest. */
  function soon() {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; if (stage) draw(); });
    clearTimeout(settling);
    settling = setTimeout(() => { if (stage && !pointers.size) settle(); }, SETTLED_MS);
  }

  function settle() {
    view = state.view ?? fitted(state.town);
    drawn = null;
    named = [];
    draw();
    const { left, top } = place().getBoundingClientRect();
    const controls = [...place().querySelectorAll(".map-switches, .map-legend, .map-locator, .map-zoom, .map-scale, .map-note")];
    const blocked = controls.map((node) => node.getBoundingClientRect()).filter(({ width }) => width)
      .map((box) => ({ west: box.left - left, east: box.right - left, top: box.top - top, bottom: box.bottom - top }));
    for (const { x, y } of drawn.heavy) blocked.push({ west: x - 15, east: x + 15, top: y - 15, bottom: y + 15 });
    named = parts().labels(data, { view, size, layer: state.layer }, drawn.marks, blocked);
    drawNames();
    showChosen();
    toAddress();
    document.dispatchEvent(new CustomEvent("map-window", { bubbles: true, detail: { layer: state.layer, town: state.town } }));
  }

  // ---- drawing ----

  /** Everything, for the present view. */
  function draw() {
    const { MARGIN, placing, pushApart, drawnMark, form, scale } = parts();
    const svg = stage.querySelector(".map-svg");
    const [right, down] = [size.width * MARGIN, size.height * MARGIN];
    // The drawing is larger than the window: moving it needs no drawing anew.
    svg.setAttribute("width", size.width + 2 * right);
    svg.setAttribute("height", size.height + 2 * down);
    svg.setAttribute("viewBox", `${-right} ${-down} ${size.width + 2 * right} ${size.height + 2 * down}`);
    svg.style.left = `${-right}px`;
    svg.style.top = `${-down}px`;
    shift(0, 0);
    const at = placing(view, size);
    svg.querySelector(".map-ground").setAttribute("transform", `matrix(${1 / view.k} 0 0 ${-1 / view.k} ${at.x(0)} ${at.y(0)})`);
    const listed = parts().lists.worst(data, state.layer, listedHere);
    const clusters = parts().lists.clusters(data, listedHere);
    const carries = [COVERAGE, "load"].includes(state.layer);
    const letters = new Map();
    if (carries) for (const { index, mark } of listed) if (mark[0] === "crit") letters.set(index, String.fromCharCode(65 + letters.size));
    stage.toggleAttribute("data-by-district", byDistrict());
    const marks = byDistrict() ? [] : parts().marks(data, { view, size, layer: state.layer, town: state.town, letters });
    const numbered = state.layer === COVERAGE
      ? clusters.map(([, x, y, said], i) => ({ said, letter: String(i + 1), cluster: true, r: 12, x: at.x(x), y: at.y(y) })) : [];
    const heavy = [...marks.filter((mark) => mark.letter), ...numbered];
    pushApart(heavy);
    drawn = { marks, heavy, listed, letters, clusters };
    const ringed = marks.filter((mark) => mark.site?.[0] === stage.dataset.chosen); // by the drawer
    svg.querySelector(".map-marks").innerHTML = marks.map(drawnMark).join("")
      + ringed.map(({ x, y, r, letter }) => `<circle cx="${x}" cy="${y}" r="${letter ? 20 : r + 6}" class="m-chosen"/>`).join("")
      + numbered.map((mark) => `<g transform="translate(${mark.x.toFixed(1)} ${mark.y.toFixed(1)})">${form("number", 24, 0, mark.letter)}</g>`).join("");
    drawNames();
    drawTiles();
    const length = scale(view.k);
    part("scale").firstElementChild.style.width = `${length / view.k}px`;
    const [unit, number] = length < 1 ? [data.units.m, length * 1000] : [data.units.km, length];
    part("scale").lastElementChild.textContent = unit.replace("{n}", Math.round(number));
    showHere();
  }

  function drawNames() {
    const at = parts().placing(view, size);
    stage.querySelector(".map-names").innerHTML = named.map((label) => parts().drawnLabel(label, at)).join("");
  }

  function drawTiles() {
    const template = document.querySelector('meta[name="map-tiles"]')?.content;
    if (!template) return;
    parts().layTiles(stage.querySelector(".map-tiles"), parts().tiles(template, data.origin, view, size));
    place().classList.add("with-tiles");
    part("credit").textContent = document.querySelector('meta[name="map-tiles-credit"]')?.content ?? "";
  }

  function drawForms() {
    for (const node of place().querySelectorAll("[data-form]")) node.innerHTML = parts().picture(node.dataset.form, node.dataset.letter);
  }

  function drawLocator() {
    const node = part("locator");
    const { clientWidth, clientHeight } = node;
    if (!clientWidth) { spot = null; return; }
    spot = parts().locator(data, extent(""), clientWidth, clientHeight);
    node.innerHTML = spot.markup;
  }

  /** The window on the locator. */
  function showHere() {
    const rect = part("locator").querySelector(".here");
    if (!rect || !spot) return;
    const box = parts().edges(view, size);
    const [left, right] = [spot.at.x(box.west), spot.at.x(box.east)].map((x) => Math.min(Math.max(x, 1), part("locator").clientWidth - 1));
    const [top, bottom] = [spot.at.y(box.north), spot.at.y(box.south)].map((y) => Math.min(Math.max(y, 1), part("locator").clientHeight - 1));
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) rect.setAttribute(name, Math.max(value, 0));
  }

  /** Move the drawing without drawing it anew. */
  function shift(x, y) {
    moved = { x, y };
    stage.querySelector(".map-svg").style.transform = x || y ? `translate(${x}px, ${y}px)` : "";
  }

  // ---- the lists beside the map ----

  const listedHere = (x, y, town) => (state.town ? town === state.town : parts().holds(parts().edges(view, size, 12), x, y));

  /** Buttons, keys and lists after a change of layer or window. */
  function showChosen() {
    stage.dataset.layer = state.layer;
    stage.dataset.town = state.town;
    stage.closest(".main").dataset.layer = state.layer;
    for (const button of part("switches").querySelectorAll("button")) {
      const { layer, window: town } = button.dataset;
      const on = layer !== undefined ? layer === state.layer : !state.view && town === state.town;
      button.classList.toggle("on", on);
      button.setAttribute("aria-pressed", String(on));
    }
    parts().lists.show(stage.closest(".main"), data, state.layer, drawn);
  }

  // ---- pointers ----

  function point(event) {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** The mark at a point of the window, the one drawn last first. */
  function hit(at, reach) {
    const near = (mark) => Math.hypot(mark.x + moved.x - at.x, mark.y + moved.y - at.y) <= Math.max(mark.letter ? 13 : mark.r, reach);
    const candidates = [...drawn.heavy, ...[...drawn.marks].reverse()].filter(near);
    const far = (mark) => Math.hypot(mark.x - at.x, mark.y - at.y) - (mark.letter ? 8 : 0);
    return candidates.sort((one, two) => far(one) - far(two))[0];
  }

  function press(at, reach) {
    const mark = hit(at, reach);
    if (!mark) {
      const box = stage.getBoundingClientRect();
      const under = byDistrict() ? document.elementsFromPoint(box.left + at.x, box.top + at.y) : [];
      const land = under.find((node) => node.matches(".map-ground .land"));
      if (land) choose(land.dataset.town);
      return;
    }
    if (mark.members) zoom(1 / (FACTOR * FACTOR), mark);
    else if (mark.site) document.dispatchEvent(new CustomEvent("site-chosen", { bubbles: true, detail: { place: mark.site[0] } }));
  }

  function tell(at) {
    const tip = part("tip");
    const mark = hit(at, REACH.mouse);
    stage.classList.toggle("over", Boolean(mark));
    tip.hidden = !mark;
    if (!mark) return;
    if (mark.cluster) tip.replaceChildren(mark.said);
    else if (mark.members) tip.replaceChildren(data.units.sites.replace("{n}", mark.members.length));
    else {
      const [, , written, beside] = data.marks[state.layer][mark.index];
      const [what, next] = data.heads[state.layer];
      const { node } = parts().lists;
      tip.replaceChildren(node("b", "", mark.site[1]), node("span", "mut", `${what} ${written}${next ? ` · ${next} ${beside}` : ""}`));
    }
    const left = Math.min(at.x + 14, size.width - tip.offsetWidth - 8);
    tip.style.transform = `translate(${Math.max(left, 8)}px, ${Math.min(at.y + 14, size.height - tip.offsetHeight - 8)}px)`;
  }

  function spread() {
    const [one, two] = [...pointers.values()];
    return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, apart: Math.hypot(one.x - two.x, one.y - two.y) || 1 };
  }

  const onMap = (event) => stage && event.target.closest?.(".map-stage") === stage;

  document.addEventListener("pointerdown", (event) => {
    if (stage && event.target.closest?.(".map-locator") && spot) {
      const box = part("locator").getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      go({ x: (x - spot.at.x(0)) * spot.k, y: (spot.at.y(0) - y) * spot.k, k: view.k });
    }
    if (!onMap(event) || event.button > 0) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, point(event));
    part("tip").hidden = true;
    if (pointers.size === 1) gesture = { from: point(event), still: true };
    else if (pointers.size === 2) { release(); gesture = { pinch: spread(), view: { ...view } }; }
  });

  document.addEventListener("pointermove", (event) => {
    if (!stage || !drawn) return;
    if (!pointers.has(event.pointerId)) {
      if (onMap(event) && event.pointerType === "mouse") tell(point(event));
      else if (!part("tip").hidden) part("tip").hidden = true;
      return;
    }
    pointers.set(event.pointerId, point(event));
    if (gesture?.pinch) pinch();
    else if (gesture) drag(point(event));
  });

  function drag(at) {
    const [x, y] = [at.x - gesture.from.x, at.y - gesture.from.y];
    if (gesture.still && Math.hypot(x, y) < CLICK) return;
    gesture.still = false;
    stage.classList.add("moving");
    shift(x, y);
    gesture.at = at;
    // Before the drawing's own edge comes into the window.
    if (Math.abs(x) > size.width * 0.45 || Math.abs(y) > size.height * 0.45) { keepDrag(); draw(); }
  }

  /** What has been dragged so far becomes the window. */
  function keepDrag() {
    if (!moved.x && !moved.y) return;
    keep({ x: view.x - moved.x * view.k, y: view.y + moved.y * view.k, k: view.k });
    if (gesture?.at) gesture.from = gesture.at;
  }

  function pinch() {
    const now = spread();
    const { pinch: began, view: from } = gesture;
    const k = from.k * (began.apart / now.apart);
    const x = from.x + (began.x - size.width / 2) * from.k - (now.x - size.width / 2) * k;
    const y = from.y + (size.height / 2 - began.y) * from.k - (size.height / 2 - now.y) * k;
    go({ x, y, k });
  }

  function release() {
    stage.classList.remove("moving");
    keepDrag();
    soon();
  }

  function lift(event) {
    if (!pointers.delete(event.pointerId) || !stage) return;
    if (gesture?.still && event.type === "pointerup") press(point(event), REACH[event.pointerType] ?? REACH.touch);
    else release();
    // The finger that stays goes on moving the map.
    gesture = pointers.size ? { from: [...pointers.values()][0], still: false } : null;
    if (gesture) draw();
  }
  document.addEventListener("pointerup", lift);
  document.addEventListener("pointercancel", lift);

  document.addEventListener("wheel", (event) => {
    if (!onMap(event)) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    zoom(Math.exp(Math.min(Math.max(event.deltaY * lines, -300), 300) * 0.002), point(event));
  }, { passive: false });

  document.addEventListener("dblclick", (event) => { if (onMap(event)) zoom(1 / FACTOR, point(event)); });

  // ---- keys and buttons ----

  const KEYS = {
    ArrowLeft: () => go({ ...view, x: view.x - STEP * view.k }),
    ArrowRight: () => go({ ...view, x: view.x + STEP * view.k }),
    ArrowUp: () => go({ ...view, y: view.y + STEP * view.k }),
    ArrowDown: () => go({ ...view, y: view.y - STEP * view.k }),
    "+": () => zoom(1 / FACTOR), "=": () => zoom(1 / FACTOR),
    "-": () => zoom(FACTOR), _: () => zoom(FACTOR),
    0: () => choose(state.town),
  };

  document.addEventListener("keydown", (event) => {
    if (!stage || document.activeElement !== stage || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  document.addEventListener("click", (event) => {
    if (!stage) return;
    const button = event.target.closest?.(".map-switches button, .map-zoom button");
    const { layer, window: town, zoom: way } = button?.dataset ?? {};
    if (layer !== undefined) { state.layer = layer; settle(); }
    else if (town !== undefined) choose(town);
    else if (way === "fit") choose(state.town);
    else if (way) zoom(way === "in" ? 1 / FACTOR : FACTOR);
  });

  // The same page in another language keeps its window; before anybody follows the link (`map-time.js` does).
  window.addEventListener("click", (event) => {
    const link = stage && event.target.closest?.(".tools a[lang]");
    if (link) link.href = withState(link.href);
  }, true);

  window.addEventListener("popstate", () => { if (stage) { state = fromAddress(); settle(); } });

  const fitting = new ResizeObserver(() => {
    if (!stage?.isConnected || !data) return;
    measure();
    if (!size.width) return;
    drawLocator();
    settle();
  });

  // A picture came, or a list beside the map was drawn anew: the rows this script wrote itself are no news.
  new MutationObserver((changes) => {
    look();
    const list = ({ target }) => target.closest(".at-clusters, .at-map-worst") && !target.closest(".map-worst");
    if (!stage || !drawn) return;
    if (changes.some(list)) showChosen();
    if (changes.some(({ attributeName }) => attributeName === "data-chosen")) draw();
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-map", "data-cluster", "data-of", "hidden", "data-chosen"] });
})();
