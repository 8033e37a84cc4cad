/* The registry of laboratories: which one is looked at (the address says it: #LAB-A), and the forms by which records
   are written. Pictures come with every version; what is chosen is put on them again, and its record asked for anew. Forms
   come from the server as HTML (api/registry.py). */
(() => {
  "use strict";
  const live = () => document.getElementById("live");
  const here = () => document.querySelector(".lab-details");
  const chosenNow = () => decodeURIComponent(location.hash.slice(1));

  // ---- which laboratory ----

  const RETRY_MS = 2000;
  let wanted = ""; // what the record on the screen was asked for
  let asked = 0; // the latest question: answers to earlier ones are dropped

  function show() {
    const details = here();
    if (!details) { wanted = ""; return; }
    const lines = [...document.querySelectorAll("[data-lab-line]")];
    const on = lines.find((one) => one.dataset.labLine === chosenNow()) ?? lines[0];
    for (const line of lines) {
      const is = line === on;
      if (line.hasAttribute("data-on") !== is) line.toggleAttribute("data-on", is);
      const button = line.querySelector("[data-lab-choose]");
      if (button.getAttribute("aria-expanded") !== String(is)) button.setAttribute("aria-expanded", String(is));
    }
    if (!on) return;
    const now = JSON.stringify([on.dataset.labLine, { ...live().dataset }]);
    // An empty place is one that the page has just drawn anew.
    if (now !== wanted || (!details.hasChildNodes() && !details.hasAttribute("data-asked"))) ask(on.dataset.labLine, now);
  }

  async function ask(lab, now) {
    wanted = now;
    here().toggleAttribute("data-asked", true);
    const mine = ++asked;
    const { campaign, place, language } = live().dataset;
    const query = new URLSearchParams({ lab, place, lang: language });
    const answer = await fetch(`/panels/${encodeURIComponent(campaign)}/laboratory?${query}`, { credentials: "same-origin" }).catch(() => null);
    if (answer?.status === 401) { window.command.signInAgain(); return; }
    if (!answer?.ok) { // what stands there stays until the server answers again
      if (mine === asked) setTimeout(() => { if (mine === asked) { wanted = ""; show(); } }, RETRY_MS);
      return;
    }
    const tree = await answer.json();
    if (mine === asked && here()) window.dash_clientside.set_props("drawing-labs-details", { tree });
  }

  function choose(code) {
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${encodeURIComponent(code)}`);
    show();
    const details = here();
    if (details.getBoundingClientRect().top > innerHeight - 120) details.scrollIntoView({ block: "start" });
  }

  // ---- forms ----

  async function openForm(button) {
    const { campaign, language } = live().dataset;
    const lab = button.closest("[data-lab]").dataset.lab;
    const asked = new URLSearchParams({ lab, what: button.dataset.labForm, entry: button.dataset.entry ?? "", lang: language });
    const answer = await fetch(`/labs/${encodeURIComponent(campaign)}/form?${asked}`, { credentials: "same-origin" });
    if (answer.status === 401) { window.command.signInAgain(); return; }
    if (!answer.ok) return;
    const form = window.command.written.openForm(await answer.text(), "source-drawer lab-drawer", "lab-form-title", button);
    form.querySelector(".field input, .field select, .field textarea")?.focus();
  }

  /** What the form says, in the types of the interface. */
  function stated(form) {
    const said = {};
    for (const control of form.querySelectorAll(".field [name]")) {
      const { name, value } = control;
      const kind = control.dataset.kind;
      if (kind === "flag") said[name] = value === "" ? "" : value === "true";
      else if (kind === "count") said[name] = value === "" ? "" : Number(value);
      else if (kind === "moment") said[name] = value === "" ? null : `${value}:00${form.dataset.offset}`;
      else said[name] = value.replace(/\s+/g, " ").trim();
    }
    return said;
  }

  function clear(form) {
    form.querySelector(".said").textContent = "";
    for (const field of form.querySelectorAll(".field.bad")) {
      field.classList.remove("bad");
      field.querySelector(".error")?.remove();
      field.querySelector("[name]")?.removeAttribute("aria-invalid");
    }
  }

  /** What the server refused, beside the field it is about. */
  function tell(form, { status, json }) {
    const said = form.querySelector(".said");
    const refused = json?.rejected?.[0];
    if (!refused) { said.textContent = status === 0 ? form.dataset.offline : json?.detail || form.dataset.failed; return; }
    const field = form.querySelector(`[data-field="${CSS.escape(refused.field)}"]`);
    if (!field) { said.textContent = refused.message; return; }
    const error = document.createElement("div");
    error.className = "error";
    error.textContent = refused.message;
    field.append(error);
    field.classList.add("bad");
    const control = field.querySelector("[name]");
    control.setAttribute("aria-invalid", "true");
    control.focus();
  }

  async function send(form, more = {}) {
    clear(form);
    const { lab, what, entry, seen, key: own } = form.dataset;
    const change = { key: own, lab, what, ...(entry ? { entry } : {}), ...(seen ? { seen: Number(seen) } : {}), ...more };
    const buttons = [...form.querySelectorAll(".df .btn")];
    for (const button of buttons) button.disabled = true;
    const answer = await window.command.send(
      `/api/v1/campaigns/${encodeURIComponent(live().dataset.campaign)}/labs`, { changes: [change] },
    );
    for (const button of buttons) button.disabled = false;
    if (answer.status === 200 && !answer.json.rejected.length) form.closest("dialog").close();
    else {
      // What was refused has left its key free; another content under a key that was taken would not be.
      if (answer.status === 200) form.dataset.key = window.command.written.key();
      tell(form, answer);
    }
  }

  function withdraw(form, button) {
    // The first press asks, the second does it.
    if (button.dataset.sure === undefined) {
      button.dataset.sure = "";
      button.textContent = form.dataset.sure;
      form.elements.note.focus();
      return;
    }
    send(form, { withdraw: true, note: form.elements.note.value.replace(/\s+/g, " ").trim() });
  }

  document.addEventListener("click", (event) => {
    const pressed = (name) => event.target.closest?.(`[data-lab-${name}]`);
    const form = event.target.closest?.(".lab-form");
    if (pressed("choose")) choose(pressed("choose").dataset.labChoose);
    else if (pressed("close")) event.target.closest("dialog").close();
    else if (form && pressed("withdraw")) withdraw(form, pressed("withdraw"));
    else if (!form && pressed("form")) openForm(pressed("form"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".lab-form")) return;
    event.preventDefault();
    send(event.target, stated(event.target));
  });
  window.addEventListener("hashchange", show);
  window.addEventListener("versionchange", () => { wanted = ""; show(); });
  new MutationObserver(show).observe(document.documentElement, { subtree: true, childList: true });
})();
