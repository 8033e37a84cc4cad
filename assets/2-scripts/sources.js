/* The page of sources at work: run now, pause, resume; the form in its drawer, tried before it is saved. What the
   form and a trial look like comes from the server as HTML (api/sources.py). */
(() => {
  "use strict";
  const ASK_MS = 400;
  const NOBODY_MS = 15000; // a trial nobody has taken by then: the process that fetches is not there
  const LONGEST_MS = 330000;
  const NUMBERS = ["every_minutes", "offset_minutes", "timeout_seconds", "row_limit", "page_start"];

  const live = () => document.getElementById("live");
  const inside = (rest = "") => `/api/v1/campaigns/${encodeURIComponent(live().dataset.campaign)}/sources${rest}`;
  const piece = (rest, asked = {}) => {
    const query = new URLSearchParams({ lang: live().dataset.language, ...asked });
    return `/sources/${encodeURIComponent(live().dataset.campaign)}/${rest}?${query}`;
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // ---- one press ----

  async function act(button) {
    const row = button.closest("[data-source]");
    button.disabled = true;
    const { status } = await window.command.send(inside(`/${row.dataset.source}/${button.dataset.sourceDo}`), {});
    // The next picture shows what has become of it; a button that did nothing can be pressed again.
    if (status !== 200) button.disabled = false;
    else setTimeout(() => { button.disabled = false; }, 1500);
  }

  // ---- the form ----

  let tries = 0; // the latest trial: older answers are dropped

  async function openForm(source) {
    const opener = document.activeElement;
    const answer = await fetch(piece("form", source ? { source } : {}), { credentials: "same-origin" });
    if (answer.status === 401) { window.command.signInAgain(); return; }
    if (!answer.ok) return;
    const form = window.command.written.openForm(await answer.text(), "source-drawer", "source-title", opener);
    form.closest("dialog").addEventListener("close", () => { tries += 1; });
    form.elements.name.focus();
  }

  function definition(form) {
    const stated = Object.fromEntries(new FormData(form));
    for (const name of NUMBERS) stated[name] = stated[name] === "" ? null : Number(stated[name]);
    // The hour's default has no meaning for a source that is asked more often.
    if (stated.offset_minutes >= stated.every_minutes) stated.offset_minutes = 0;
    return stated;
  }

  function clear(form) {
    form.querySelector(".said").textContent = "";
    for (const field of form.querySelectorAll(".field.bad")) {
      field.classList.remove("bad");
      field.querySelector(".error")?.remove();
      field.querySelector("input, select, textarea")?.removeAttribute("aria-invalid");
    }
  }

  /** What the server refused, beside the field it is about. */
  function tell(form, { status, json }) {
    const said = form.querySelector(".said");
    said.textContent = status === 0 ? form.dataset.offline : json?.detail || form.dataset.failed;
    for (const { field, message } of json?.errors ?? []) {
      const place = form.querySelector(`[data-field="${CSS.escape(field)}"]`);
      if (!place) { said.textContent = message; continue; }
      const error = document.createElement("div");
      error.className = "error";
      error.textContent = message;
      place.append(error);
      place.classList.add("bad");
      place.closest("details")?.setAttribute("open", "");
      const control = place.querySelector("input, select, textarea");
      control?.setAttribute("aria-invalid", "true");
      control?.focus();
    }
  }

  async function save(form) {
    clear(form);
    const { source, version, key } = form.dataset;
    const body = source ? { ...definition(form), version: Number(version) } : { ...definition(form), key };
    const answer = await window.command.send(inside(source ? `/${source}` : ""), body);
    if (answer.status === 200) form.closest("dialog").close();
    else tell(form, answer);
  }

  async function attempt(form) {
    clear(form);
    const mine = ++tries;
    const place = form.querySelector(".trial");
    const { source } = form.dataset;
    const asked = await window.command.send(inside("/trials"), {
      ...definition(form), ...(source ? { source: Number(source) } : {}),
    });
    if (asked.status !== 200) { tell(form, asked); return; }
    place.textContent = form.dataset.trying;
    place.scrollIntoView({ block: "nearest" });
    const began = performance.now();
    let taken = false;
    while (mine === tries && performance.now() - began < LONGEST_MS) {
      if (!taken && performance.now() - began > NOBODY_MS) break;
      await pause(ASK_MS);
      const answer = await fetch(piece(`trials/${asked.json.trial}`), { credentials: "same-origin" }).catch(() => null);
      if (mine !== tries) return;
      if (answer?.status === 204) { taken = answer.headers.get("X-Taken") === "1"; continue; }
      if (!answer?.ok) continue;
      place.innerHTML = await answer.text();
      place.scrollIntoView({ block: "nearest" });
      return;
    }
    if (mine === tries) place.textContent = form.dataset.noWorker;
  }

  async function remove(form, button) {
    // The first press asks, the second does it.
    if (button.dataset.sure === undefined) {
      button.dataset.sure = "";
      button.textContent = form.dataset.sure;
      return;
    }
    const answer = await window.command.send(inside(`/${form.dataset.source}/remove`), {});
    if (answer.status === 200) form.closest("dialog").close();
    else tell(form, answer);
  }

  document.addEventListener("click", (event) => {
    const pressed = (name) => event.target.closest?.(`[data-source-${name}]`);
    const form = event.target.closest?.(".source-form");
    if (pressed("do")) act(pressed("do"));
    else if (pressed("form") && !form) openForm(pressed("form").dataset.sourceForm);
    else if (pressed("close")) event.target.closest("dialog").close();
    else if (form && pressed("try")) attempt(form);
    else if (form && pressed("remove")) remove(form, pressed("remove"));
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.(".source-form");
    if (form && event.target.name === "kind") form.dataset.kind = event.target.value;
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".source-form")) return;
    event.preventDefault();
    save(event.target);
  });
})();
