/* Briefing screens: the fleet page and the remote. What they show is drawn by the server and asked for every two
   seconds, since screens speak without the record changing; what is pressed goes to the same endpoints as any system's. */
(() => {
  "use strict";
  const AGAIN_MS = 2000;
  const $ = (selector) => document.querySelector(selector);
  const root = () => document.getElementById("screens");
  const inside = (rest = "") => `/api/v1/campaigns/${encodeURIComponent(root().dataset.campaign)}/screens${rest}`;
  const said = (name) => root()?.getAttribute(`data-said-${name}`) ?? "";
  const random = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");

  let editing = null; // the number of the screen whose settings stand in the form
  let wish = { body: "", key: "" }; // one key for one wish, however often it is sent

  function say(words, bad = false) {
    const line = $("[data-screen-said]");
    if (!line) return;
    line.replaceChildren(...[words].flat());
    line.classList.toggle("crit", bad);
  }

  function refusal({ status, json }) {
    if (status === 0) return said("no_answer");
    return (json?.errors ?? []).map((error) => error.message).join(" ") || json?.detail || json?.title || said("failed");
  }

  /** Send, say what was refused, show what has changed. Answers the body, or null. */
  async function send(address, body) {
    const answer = await window.command.send(address, body);
    if (answer.status !== 200) say(refusal(answer), true);
    window.command.askAgain();
    return answer.status === 200 ? answer.json : null;
  }

  function choose(name, value) {
    const url = new URL(location);
    if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
    window.command.askAgain();
  }

  /** Take a screen among those that are frozen or reloaded together, or let it go. */
  function tick(number) {
    const others = (new URLSearchParams(location.search).get("pick") ?? "").split("-").filter(Boolean);
    const left = others.filter((one) => one !== number);
    choose("pick", (left.length === others.length ? [...others, number] : left).join("-"));
  }

  const numbers = (button) => button.dataset.screens.split(" ").map(Number);

  async function drive(button) {
    const { drive: what, scene, place, pace, take } = button.dataset;
    const body = { key: random(), do: what, screens: numbers(button) };
    if (scene) body.scene = scene;
    if (place) body.place = place;
    if (pace) body.pace = Number(pace);
    if (take) body.take = true;
    say("");
    await send(inside("/drive"), body);
  }

  // ---- one screen ----

  const DO = {
    reload: async (button) => { if (await send(inside("/reload"), { screens: numbers(button) })) say(said("told")); },
    "ask-revoke": (button) => choose("revoke", button.dataset.number ?? ""),
    revoke: async (button) => {
      const done = await send(inside(`/${button.dataset.number}/revoke`), {});
      if (done) { say(said("revoked")); choose("revoke", ""); }
    },
    join: async (button) => {
      const code = typed();
      if (code && code.length < length()) { say(missing(code), true); return; }
      told(await send(inside(`/${button.dataset.number}/join`), code ? { code } : {}));
    },
  };

  // ---- the form ----

  const length = () => Number(root().dataset.length);
  const field = (name) => document.getElementById(`screen-${name}`);
  const list = (name) => root().querySelector(`select[data-field="${name}"]`);
  const typed = () => field("code").value.toUpperCase().replace(/[^0-9A-Z]/g, "");
  const missing = (code) => said("missing").replace("{number}", String(length() - code.length));

  /** Dash's inputs hold their value themselves: written the way a person would. */
  function write(name, value) {
    const input = field(name);
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function label() {
    const button = $("[data-screen-send]");
    if (!button) return;
    const code = typed();
    const short = editing === null && code.length > 0 && code.length < length();
    const words = editing !== null ? said("save") : short ? missing(code) : code ? said("add") : said("make_code");
    if (button.textContent !== words) button.textContent = words;
    button.disabled = short;
    $("[data-screen-new]").hidden = editing === null;
    field("code").disabled = editing !== null;
  }

  function settings() {
    const bezel = field("bezel").value.trim();
    return {
      name: field("name").value.trim(), location: field("location").value.trim(), place: list("place")?.value ?? null,
      scenes: [...root().querySelectorAll('[data-scene][aria-pressed="true"]')].map((one) => one.dataset.scene),
      seconds: Number(list("seconds").value), language: list("language").value,
      // What is no number is the server's to refuse, in words.
      bezel_px: bezel === "" ? 0 : /^\d+$/.test(bezel) ? Number(bezel) : bezel,
    };
  }

  /** The code and the link for a screen, told once. */
  function told(done) {
    if (!done) return;
    if (!done.code) { say(said("sent")); return; }
    const code = document.createElement("b");
    code.textContent = `${done.code.slice(0, 3)}-${done.code.slice(3)}`;
    code.className = "sc-told";
    const link = document.createElement("code");
    link.textContent = done.link;
    const [before, after] = said("code_is").split("{said}");
    say([before, code, after, document.createElement("br"), said("link_is"), " ", link]);
  }

  async function submit() {
    const code = typed();
    const body = { ...settings(), ...(editing === null && code ? { code } : {}) };
    const written = JSON.stringify(body);
    if (wish.body !== written) wish = { body: written, key: random() };
    const button = $("[data-screen-send]");
    button.disabled = true;
    const done = await send(inside(editing === null ? "" : `/${editing}`), editing === null ? { ...body, key: wish.key } : body);
    label();
    if (!done) return;
    if (editing === null) told(done); else say(said("told"));
    fresh();
  }

  function fresh() {
    editing = null;
    wish = { body: "", key: "" };
    for (const name of ["code", "name", "location", "bezel"]) write(name, "");
    label();
  }

  function edit(button) {
    const of = button.dataset;
    editing = of.screenEdit;
    write("code", "");
    write("name", of.name);
    write("location", of.location);
    write("bezel", of.bezel === "0" ? "" : of.bezel);
    list("place").value = of.place;
    list("language").value = of.language;
    const stay = list("seconds");
    if (![...stay.options].some((one) => one.value === of.seconds)) stay.add(new Option(`${of.seconds} s`, of.seconds));
    stay.value = of.seconds;
    const on = of.scenes.split(" ");
    for (const one of root().querySelectorAll("[data-scene]")) {
      if (one.closest(".sc-scenes")) one.setAttribute("aria-pressed", String(on.includes(one.dataset.scene)));
    }
    say("");
    label();
    field("name").focus();
  }

  // ---- what makes it go ----

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button || !root()?.contains(button) && !button.closest(".own-bar")) return;
    const { dataset } = button;
    if (dataset.drive) drive(button);
    else if (dataset.screenDo) DO[dataset.screenDo](button);
    else if (dataset.screenTick) tick(dataset.screenTick);
    else if (dataset.screenPick) choose("screen", dataset.screenPick);
    else if (dataset.screenEdit) edit(button);
    else if ("screenSend" in dataset) submit();
    else if ("screenNew" in dataset) { fresh(); say(""); }
    else if (dataset.scene && button.closest(".sc-scenes")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    }
  });
  document.addEventListener("input", (event) => { if (event.target.id === "screen-code") label(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root() && new URLSearchParams(location.search).get("revoke")) choose("revoke", "");
  });
  setInterval(() => { if (root() && !document.hidden) window.command.askAgain(); }, AGAIN_MS);
})();
