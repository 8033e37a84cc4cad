/* The page of capacity matching. What is tried is one object, the plan; every change of it asks the server what it
   would make of the day and puts the answer, drawn by the server, into the place the page leaves empty (.mt-slot).
   The plan stands in the address, with the saved plan looked at and the one compared with. Nothing here is in force
   before somebody else applies it. */
(() => {
  "use strict";
  const NAMES = ["moves", "runs", "overtime"];
  const EMPTY = { moves: [], runs: [], overtime: [], pool: null };

  let shown = null; // the .mt the state below belongs to
  let plan = structuredClone(EMPTY);
  let against = null; // number of the saved plan compared with
  let opened = null; // number of the saved plan looked at
  let root = null; // React's root in the slot
  let asked = 0; // answers can overtake each other
  let waiting = false; // a question is under way
  let again = false; // and the plan has changed since
  const keys = new WeakMap(); // element → {content, key}: the same words sent again have the same key

  const page = () => document.querySelector(".mt[data-matching]");
  const may = (action) => (document.getElementById("live")?.dataset.may ?? "").split(" ").includes(action);
  const tries = () => may("plan_capacity") || may("sign_bulletin");
  const api = (path) => `/api/v1/campaigns/${encodeURIComponent(shown.dataset.matching)}/matching/${path}`;
  const some = () => NAMES.some((name) => plan[name].length) || plan.pool !== null;

  // ---- the state and the address ----

  function read() {
    const query = new URLSearchParams(location.search);
    const number = (name) => (/^\d{1,9}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : null);
    against = number("against");
    opened = number("plan");
    plan = structuredClone(EMPTY);
    try {
      const stated = JSON.parse(query.get("trial") ?? "{}");
      for (const name of NAMES) if (Array.isArray(stated[name])) plan[name] = stated[name];
      plan.pool = stated.pool ?? null;
    } catch { /* an address somebody has cut short: the present */ }
  }

  function write() {
    const url = new URL(location);
    const set = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
    set("trial", some() ? JSON.stringify(plan) : "");
    set("against", against);
    set("plan", opened);
    history.replaceState(history.state, "", url);
  }

  // ---- asking and drawing ----

  async function ask() {
    if (!shown || !tries()) return;
    if (waiting) { again = true; return; }
    waiting = true;
    const number = (asked += 1);
    const place = shown;
    const body = { scope: place.dataset.place, plan, draw: true };
    if (against !== null) body.against = against;
    if (opened !== null) body.opened = opened;
    place.dataset.busy = "";
    const answer = await window.command.send(api("trial"), body);
    delete place.dataset.busy;
    waiting = false;
    if (again) { again = false; ask(); return; }
    if (place !== shown || number !== asked) return;
    if (answer.status === 200) draw(answer.json.drawn);
    else if (answer.status === 404 && (opened !== null || against !== null)) { opened = against = null; write(); ask(); }
    else if (root) say(complaint(answer), true);
    else if (some()) { plan = structuredClone(EMPTY); write(); ask(); } // an address that no longer makes sense
  }

  function draw(tree) {
    const slot = shown.querySelector(".mt-slot");
    const held = document.activeElement?.closest?.(".mt") ? document.activeElement : null;
    const control = held?.dataset.c;
    const open = [...shown.querySelectorAll(".mt-slot details.mt-row[open] .mt-lab-name b")].map((n) => n.textContent);
    const first = root === null;
    root ??= window.ReactDOM.createRoot(slot);
    window.ReactDOM.flushSync(() => root.render(window.React.createElement(
      window.command.Drawing, { id: "matching-trial", tree },
    )));
    shown.dataset.tried = some() ? "plan" : "";
    if (first) for (const name of open) row(name)?.setAttribute("open", "");
    if (control) slot.querySelector(`[data-c="${CSS.escape(control)}"]`)?.focus({ preventScroll: true });
    own();
    present();
  }

  const row = (name) => [...shown.querySelectorAll(".mt-slot details.mt-row")]
    .find((node) => node.querySelector(".mt-lab-name b")?.textContent === name);

  /** Who made the plan cannot be its second person; the others need no link to send. */
  function own() {
    const panel = shown.querySelector(".mt-slot .mt-applying");
    const mine = panel?.dataset.author && panel.dataset.author === document.getElementById("live")?.dataset.me;
    for (const node of shown.querySelectorAll("[data-second]")) node.hidden = Boolean(mine);
    for (const node of shown.querySelectorAll("[data-own]")) node.hidden = !mine;
  }

  function say(text, bad) {
    for (const node of shown.querySelectorAll(".mt-slot [data-answer]")) {
      node.textContent = text;
      node.classList.toggle("crit", bad);
    }
  }

  function complaint(answer) {
    return answer.json?.errors?.[0]?.message ?? answer.json?.detail ?? shown.dataset.unsent;
  }

  function changed() {
    // What is changed is no longer the plan that was saved.
    opened = null;
    write();
    ask();
  }

  // ---- changing the plan ----

  const same = (a, b) => JSON.stringify(normal(a)) === JSON.stringify(normal(b));
  const normal = (change) => Object.fromEntries(Object.keys(change).sort()
    .filter((name) => !(name === "sites" && change.sites.length === 0))
    .map((name) => [name, /^(at|until)$/.test(name) ? Date.parse(change[name]) : change[name]]));

  function merge(button) {
    const part = JSON.parse(button.dataset.merge);
    const take = button.getAttribute("aria-checked") === "true";
    for (const name of NAMES) {
      for (const change of part[name]) {
        plan[name] = plan[name].filter((held) => !same(held, change) && !clashes(name, held, change));
        if (!take) plan[name].push(change);
      }
    }
    if (part.pool) plan.pool = take ? null : part.pool;
    changed();
  }

  /** Two changes of the same thing cannot both be in a plan: the later one counts. */
  function clashes(name, held, change) {
    if (name === "runs") return held.town === change.town;
    if (name === "overtime") return held.lab === change.lab;
    if (held.town !== change.town) return false;
    const [a, b] = [held.sites ?? [], change.sites ?? []];
    return !a.length || !b.length || a.some((site) => b.includes(site));
  }

  function slide(input) {
    const { runs, overtime, now } = input.dataset;
    const kind = runs === undefined ? "overtime" : "runs";
    const name = runs === undefined ? "lab" : "town";
    const code = runs ?? overtime;
    const group = input.closest(".mt-group").dataset;
    plan[kind] = plan[kind].filter((held) => held[name] !== code);
    if (Number(input.value) !== Number(now)) {
      const change = { [name]: code, per_hour: Number(input.value), at: kind === "runs" ? group.runsAt : group.overtimeAt };
      if (kind === "runs") change.until = group.runsUntil;
      plan[kind].push(change);
    }
    changed();
  }

  /** While it is dragged the thumb and its number move; the server is asked when it is let go. */
  function follow(input) {
    const least = Number(input.min);
    const scale = Number(input.max) - least || 1;
    input.parentElement.style.setProperty("--plan", (Number(input.value) - least) / scale);
    const value = input.closest(".mt-slider").querySelector(".mt-value b") ?? input.closest(".mt-slider").querySelector(".mt-value");
    value.textContent = value.textContent.replace(/[\d,.]+/, Number(input.value).toLocaleString("en-US"));
  }

  const chosenSites = (form) => [...form.querySelectorAll('[data-sites-of]:not([hidden]) [aria-pressed="true"]')]
    .map((tap) => tap.dataset.site);

  function add(form) {
    const value = (name) => form.querySelector(`[data-move="${name}"]`).value;
    const sites = chosenSites(form);
    const move = { town: value("town"), lab: value("lab"), at: value("at"), sites };
    plan.moves = plan.moves.filter((held) => !clashes("moves", held, move));
    plan.moves.push(move);
    for (const tap of form.querySelectorAll("[data-site]")) tap.setAttribute("aria-pressed", "false");
    changed();
  }

  /** What the form says beside its choices: where the town's tubes go now, how much further the other way is. */
  function present() {
    const form = shown.querySelector(".mt-slot .mt-move");
    if (!form) return;
    const town = form.querySelector('[data-move="town"]').selectedOptions[0];
    const lab = form.querySelector('[data-move="lab"]').selectedOptions[0];
    if (!town || !lab) return;
    if (lab.value === town.dataset.lab && form.dataset.picked !== town.value) {
      // The first choice is another laboratory than the one it has.
      form.dataset.picked = town.value;
      const other = [...form.querySelector('[data-move="lab"]').options].find((one) => one.value !== town.dataset.lab);
      if (other) { other.selected = true; present(); return; }
    }
    form.querySelector("[data-present]").textContent = town.dataset.note;
    const said = JSON.parse(lab.dataset.further)[town.value] ?? "";
    form.querySelector("[data-further-said]").textContent = said;
    form.querySelector("[data-add-move]").disabled = lab.value === town.dataset.lab && !chosenSites(form).length;
    for (const list of form.querySelectorAll("[data-sites-of]")) list.hidden = list.dataset.sitesOf !== town.value;
    const count = chosenSites(form).length;
    const summary = form.querySelector("[data-sites-said]");
    if (summary) summary.textContent = count ? summary.dataset.some.replace("{count}", count) : summary.dataset.whole;
  }

  // ---- saved plans ----

  function keyOf(holder, content) {
    const known = keys.get(holder);
    if (known?.content === content) return known.key;
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    keys.set(holder, { content, key });
    return key;
  }

  async function save(button) {
    const body = { scope: shown.dataset.place, plan };
    body.key = keyOf(shown, JSON.stringify(body));
    button.disabled = true;
    const answer = await window.command.send(api("plans"), body);
    button.disabled = false;
    if (answer.status !== 200) { say(complaint(answer), true); return; }
    opened = answer.json.plan.number;
    write();
    window.dispatchEvent(new Event("recordchange"));
    ask();
  }

  async function step(button) {
    const panel = button.closest(".mt-applying");
    const body = { number: Number(panel.dataset.planNumber), step: button.dataset.step, seen: Number(panel.dataset.turns) };
    if (button.dataset.need) Object.assign(body, { need: button.dataset.need, subject: button.dataset.subject });
    const note = button.closest(".mt-form")?.querySelector("textarea");
    if (note) body.note = note.value.trim();
    body.key = keyOf(button, JSON.stringify(body));
    button.disabled = true;
    const answer = await window.command.send(api("plans/steps"), body);
    button.disabled = false;
    if (answer.status !== 200) { say(complaint(answer), true); return; }
    window.dispatchEvent(new Event("recordchange"));
    ask();
  }

  function open(button) {
    const number = Number(button.dataset.open);
    opened = opened === number ? null : number;
    if (opened !== null) {
      const stated = JSON.parse(button.dataset.plan);
      plan = { ...structuredClone(EMPTY), ...stated };
    }
    write();
    ask();
  }

  async function copy() {
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    say(shown.dataset.copied, false);
  }

  // ---- what makes it go ----

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".mt button");
    if (!button || !shown || !tries()) return;
    const data = button.dataset;
    if (data.merge) merge(button);
    else if (data.addMove !== undefined) add(button.closest(".mt-move"));
    else if (data.dropMove) { plan.moves.splice(Number(data.dropMove), 1); changed(); }
    else if (data.pool) {
      const group = button.closest(".mt-group").dataset;
      plan.pool = data.pool === group.poolNow ? null : { size: Number(data.pool), at: group.poolAt, towns: [] };
      changed();
    } else if (data.reset !== undefined) { plan = structuredClone(EMPTY); against = null; changed(); }
    else if (data.against !== undefined) { against = data.against ? Number(data.against) : null; write(); ask(); }
    else if (data.save !== undefined) save(button);
    else if (data.step) step(button);
    else if (data.open) open(button);
    else if (data.copy !== undefined) copy();
    else if (data.site) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      present();
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.('.mt input[type="range"]')) follow(event.target);
  });
  document.addEventListener("change", (event) => {
    if (!shown || !tries()) return;
    if (event.target.matches?.('.mt input[type="range"]')) slide(event.target);
    else if (event.target.matches?.("[data-move]")) present();
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
