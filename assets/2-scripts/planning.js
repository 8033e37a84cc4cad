/* The planning list: which site is looked at (the address says it: #12), which lines are shown, and the forms by which a
   step is done. Pictures come with every version; what is chosen is put on them again, and its record asked for anew.
   Forms come from the server as HTML (api/planning.py). */
(() => {
  "use strict";
  const { complaint } = window.command.written;
  const live = () => document.getElementById("live");
  const here = () => document.querySelector(".plan-details");
  const lines = () => [...document.querySelectorAll("[data-plan-line]")];
  const oneLine = (text) => text.replace(/\s+/g, " ").trim();

  // ---- which site ----

  let wanted = ""; // what the record on the screen was asked for
  let asked = 0; // the latest question: answers to earlier ones are dropped
  const kept = { state: "all", town: "" }; // which lines are shown

  function show() {
    const details = here();
    if (!details) { wanted = ""; return; }
    filter();
    const all = lines();
    const chosen = decodeURIComponent(location.hash.slice(1));
    const on = all.find((line) => line.dataset.planLine === chosen) ?? all.find((line) => !line.hidden) ?? all[0];
    for (const line of all) {
      const is = line === on;
      if (line.hasAttribute("data-on") !== is) line.toggleAttribute("data-on", is);
      const button = line.querySelector("[data-plan-choose]");
      if (button.getAttribute("aria-expanded") !== String(is)) button.setAttribute("aria-expanded", String(is));
    }
    if (!on) return;
    const now = JSON.stringify([on.dataset.planLine, { ...live().dataset }]);
    // An empty place is one that the page has just drawn anew.
    if (now !== wanted || (!details.hasChildNodes() && !details.hasAttribute("data-asked"))) ask(on.dataset.planLine, now);
  }

  async function ask(number, now) {
    wanted = now;
    here().toggleAttribute("data-asked", true);
    const mine = ++asked;
    const { campaign, language } = live().dataset;
    const query = new URLSearchParams({ number, lang: language });
    const answer = await fetch(`/panels/${encodeURIComponent(campaign)}/planned?${query}`, { credentials: "same-origin" }).catch(() => null);
    if (answer?.status === 401) { window.command.signInAgain(); return; }
    if (!answer?.ok) return; // what stands there stays; the next version asks again
    const tree = await answer.json();
    if (mine === asked && here()) window.dash_clientside.set_props("drawing-planning-site", { tree });
  }

  function choose(number) {
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${encodeURIComponent(number)}`);
    show();
    const details = here();
    if (details.getBoundingClientRect().top > innerHeight - 120) details.scrollIntoView({ block: "start" });
  }

  // ---- which lines ----

  function filter() {
    const all = lines();
    if (!all.length) return;
    // A state nobody is in any more has no button.
    const buttons = [...document.querySelectorAll("[data-plan-state]")];
    if (!buttons.some((button) => button.dataset.planState === kept.state)) kept.state = "all";
    for (const button of buttons) {
      const pressed = String(button.dataset.planState === kept.state);
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    const town = document.querySelector("[data-plan-town]");
    if (town && town.value !== kept.town) town.value = kept.town;
    let shown = 0;
    for (const line of all) {
      const { state, town: at, beside } = line.dataset;
      const fits = kept.state === "all" || (kept.state === "beside" ? beside !== "" : state === kept.state);
      const hidden = !(fits && (!kept.town || !town || at === kept.town));
      if (line.hidden !== hidden) line.hidden = hidden;
      shown += !hidden;
    }
    const nothing = document.querySelector(".plan-nothing");
    if (nothing && nothing.hidden !== shown > 0) nothing.hidden = shown > 0;
  }

  // ---- forms ----

  async function openForm(button) {
    const { campaign, place, language } = live().dataset;
    const number = button.closest("[data-plan]")?.dataset.plan ?? "";
    const asking = new URLSearchParams({ what: button.dataset.planForm, number, town: place, lang: language });
    const answer = await fetch(`/planning/${encodeURIComponent(campaign)}/form?${asking}`, { credentials: "same-origin" });
    if (answer.status === 401) { window.command.signInAgain(); return; }
    if (!answer.ok) return;
    const form = window.command.written.openForm(await answer.text(), "source-drawer plan-drawer", "plan-form-title", button);
    form.querySelector(".fields select, .fields input:not([type=hidden]), .fields textarea")?.focus();
  }

  /** What the form says, in the types of the interface. */
  function stated(form) {
    const { step, number, seen } = form.dataset;
    const said = step === "applied" ? {} : { number: Number(number), step, seen: Number(seen) };
    for (const { name, value, dataset, type, checked } of form.querySelectorAll("[name]")) {
      if (type === "checkbox") {
        if (name === "override") said.override = checked;
        else { said[name] ??= []; if (checked) said[name].push(value); }
      } else if (dataset.kind === "count" || dataset.kind === "degrees") said[name] = value === "" ? null : Number(value);
      else if (dataset.kind === "moment") said[name] = value === "" ? null : `${value}:00${form.dataset.offset}`;
      else said[name] = oneLine(value);
    }
    for (const { value, dataset } of form.querySelectorAll("[data-part]")) {
      said[dataset.part] ??= {};
      if (value !== "") said[dataset.part][dataset.item] = Number(value);
    }
    return said;
  }

  function clear(form) {
    form.querySelector(".said").textContent = "";
    for (const field of form.querySelectorAll(".bad")) {
      field.classList.remove("bad");
      field.querySelector(".error")?.remove();
      field.querySelector("[name]")?.removeAttribute("aria-invalid");
    }
  }

  /** What the server refused, beside the field it is about. */
  function tell(form, answer) {
    const said = form.querySelector(".said");
    const words = complaint(answer, answer.status === 0 ? form.dataset.offline : form.dataset.failed);
    const name = answer.json?.errors?.[0]?.field;
    const field = name && form.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (!field) { said.textContent = words; return; }
    const error = document.createElement("div");
    error.className = "error";
    error.textContent = words;
    field.append(error);
    field.classList.add("bad");
    const control = field.querySelector("input, select, textarea");
    control.setAttribute("aria-invalid", "true");
    control.focus();
  }

  async function send(form) {
    clear(form);
    const rest = form.dataset.step === "applied" ? "planning" : "planning/steps";
    const buttons = [...form.querySelectorAll(".df .btn")];
    for (const button of buttons) button.disabled = true;
    const address = `/api/v1/campaigns/${encodeURIComponent(live().dataset.campaign)}/${rest}`;
    const answer = await window.command.send(address, { key: form.dataset.key, ...stated(form) });
    for (const button of buttons) button.disabled = false;
    if (answer.status !== 200) { tell(form, answer); return; }
    form.closest("dialog").close();
    const { number } = answer.json.planned.site;
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${number}`);
    wanted = "";
    show();
    window.dispatchEvent(new CustomEvent("recordchange"));
  }

  /** What crews and kits come to with the lanes the inspector has counted. */
  function needs(form) {
    const lanes = Math.max(1, Number(form.elements.lanes?.value) || 1);
    for (const node of form.querySelectorAll("[data-each]")) node.textContent = String(Number(node.dataset.each) * lanes);
  }

  document.addEventListener("click", (event) => {
    const pressed = (name) => event.target.closest?.(`[data-plan-${name}]`);
    if (pressed("choose")) choose(pressed("choose").dataset.planChoose);
    else if (pressed("close")) event.target.closest("dialog").close();
    else if (pressed("form")) openForm(pressed("form"));
    else if (pressed("state")) { kept.state = pressed("state").dataset.planState; show(); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-plan-town]")) { kept.town = event.target.value; show(); }
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.(".plan-form");
    if (form && event.target.name === "lanes") needs(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".plan-form")) return;
    event.preventDefault();
    send(event.target);
  });
  window.addEventListener("hashchange", show);
  window.addEventListener("versionchange", () => { wanted = ""; show(); });
  new MutationObserver(show).observe(document.documentElement, { subtree: true, childList: true });
})();
