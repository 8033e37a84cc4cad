/* Information problems and registration modes: taps, forms, sending. What is drawn comes from the server with every
   picture; what a person is doing (choices, open forms, words) stands in attributes and in copies of forms that the
   pictures leave alone. */
(() => {
  "use strict";
  const api = (campaign, rest) => `/api/v1/campaigns/${encodeURIComponent(campaign)}/${rest}`;
  const { key, complaint, words, keyOf, say } = window.command.written;
  const chosen = (form, name) =>
    [...form.querySelectorAll(`[data-choose="${name}"][aria-pressed="true"]`)].map((tap) => tap.dataset.value);

  // ---- choices ----

  function choose(tap) {
    const form = tap.closest(".report-form, .mf, .pf");
    const pressed = tap.getAttribute("aria-pressed") === "true";
    if (tap.dataset.many === undefined) {
      for (const other of form.querySelectorAll(`[data-choose="${tap.dataset.choose}"]`)) {
        other.setAttribute("aria-pressed", "false");
      }
    }
    tap.setAttribute("aria-pressed", String(!pressed));
    changed(form);
  }

  function changed(form) {
    delete form.dataset.key;
    if (form.matches(".report-form")) steps(form);
    if (form.matches(".mf")) readyToSet(form);
  }

  // ---- opening a problem ----

  function steps(form) {
    const kind = chosen(form, "kind")[0];
    const effect = chosen(form, "effect")[0];
    form.querySelector("[data-steps]").textContent = String(3 - Boolean(kind) - Boolean(effect));
    for (const button of form.querySelectorAll("[data-send-problem]")) button.disabled = !(kind && effect);
    for (const box of form.querySelectorAll("[data-remedy-for]")) box.hidden = box.dataset.remedyFor !== kind;
    if (kind || effect) form.querySelector(".rf-said").textContent = "";
  }

  async function open(form, keep) {
    const board = form.closest(".pboard");
    const body = {
      key: keyOf(form), kind: chosen(form, "kind")[0], effect: chosen(form, "effect")[0], keep, ...words(form),
    };
    const place = form.dataset.report || form.querySelector("[data-field=place]")?.value;
    if (place) body.place = place;
    const began = Number(form.querySelector("[data-field=began_minutes]")?.value ?? 0);
    if (began) body.began_minutes = began;
    if (form.dataset.latency) body.latency_ms = Number(form.dataset.latency);
    const buttons = form.querySelectorAll("[data-send-problem]");
    for (const button of buttons) button.disabled = true;
    const answer = await window.command.send(api(board.dataset.problems, "problems"), body);
    if (answer.status !== 200) {
      for (const button of buttons) button.disabled = false;
      say(form, complaint(answer, board.dataset.unsent), true);
      return;
    }
    for (const tap of form.querySelectorAll("[data-choose]")) tap.setAttribute("aria-pressed", "false");
    for (const area of form.querySelectorAll("textarea")) area.value = "";
    changed(form);
    const said = keep ? board.dataset.done : form.querySelector("[data-sent-words]").dataset.sentWords;
    say(form, keep ? `${said} #${answer.json.problem.number}` : `${said}${answer.json.problem.number}`, false);
  }

  /** What the address asks for (the clerk's form links here), and how long the server takes to answer. */
  function begin(form) {
    form.dataset.ready = "";
    const asked = new URLSearchParams(location.search);
    for (const name of ["kind", "effect"]) {
      const tap = form.querySelector(`[data-choose="${name}"][data-value="${CSS.escape(asked.get(name) ?? "")}"]`);
      tap?.setAttribute("aria-pressed", "true");
    }
    const note = asked.get("note");
    if (note) {
      form.querySelector(".rf-note").hidden = false;
      form.querySelector("textarea[name=note]").value = note.slice(0, 500);
    }
    steps(form);
    measure(form);
  }

  async function measure(form) {
    const line = form.querySelector("[data-network]");
    if (!line) return;
    const began = performance.now();
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      form.dataset.latency = String(Math.round(performance.now() - began));
      line.textContent = line.dataset.online.replace("{seconds}", Math.max(0.1, Number(form.dataset.latency) / 1000).toFixed(1));
    } catch {
      delete form.dataset.latency;
      line.textContent = line.dataset.offline;
    }
  }

  // ---- a problem's card ----

  function openForm(card, step) {
    const slot = card.querySelector(".pc-slot");
    const same = slot.firstElementChild?.dataset.for === step;
    slot.replaceChildren();
    if (same) return;
    const form = card.closest(".pboard").querySelector(`.pf-store [data-for="${step}"]`).cloneNode(true);
    for (const tap of form.querySelectorAll("[data-kinds]")) {
      tap.hidden = !tap.dataset.kinds.split(" ").includes(card.dataset.kind);
    }
    slot.append(form);
    form.querySelector("textarea").focus();
  }

  async function step(button) {
    const card = button.closest(".pcard");
    const form = button.closest(".pf");
    const board = card.closest(".pboard");
    const place = form ?? card.querySelector(".pc-slot");
    const body = {
      key: form ? keyOf(form) : key(), number: Number(card.dataset.number), step: button.dataset.step,
      seen: Number(card.dataset.turns), ...(form ? words(form) : {}),
    };
    const remedy = form && chosen(form, "remedy")[0];
    if (remedy) body.remedy = remedy;
    button.disabled = true;
    const answer = await window.command.send(api(board.dataset.problems, "problems/steps"), body);
    button.disabled = false;
    if (answer.status === 200) {
      card.querySelector(".pc-slot").replaceChildren();
    } else {
      say(place, complaint(answer, board.dataset.unsent), true);
    }
  }

  // ---- which cards are shown ----

  function show(board, which) {
    board.dataset.filter = which;
    for (const button of board.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === which));
    }
  }

  function count() {
    const me = document.getElementById("live")?.dataset.me;
    for (const board of document.querySelectorAll(".pboard")) {
      let mine = 0;
      for (const card of board.querySelectorAll(".pcard[data-owner]")) {
        const own = Boolean(me) && card.dataset.owner === me;
        card.classList.toggle("mine", own);
        mine += own;
      }
      const label = board.querySelector("[data-mine-count]");
      if (label && label.textContent !== ` ${mine}`) label.textContent = ` ${mine}`;
    }
    for (const form of document.querySelectorAll(".report-form:not([data-ready])")) begin(form);
  }

  // ---- registration modes ----

  function readyToSet(form) {
    const mode = chosen(form, "mode")[0];
    const entrances = form.querySelector("[data-entrances]");
    entrances.hidden = mode === "offline_app";
    if (entrances.hidden) {
      for (const tap of entrances.querySelectorAll("[data-choose]")) tap.setAttribute("aria-pressed", "false");
    }
    const sites = form.dataset.site ? 1 : chosen(form, "site").length;
    form.querySelector("[data-set-modes]").disabled = !(mode && sites);
  }

  async function setModes(form) {
    const campaign = form.closest("[data-modes]").dataset.modes;
    const entrance = chosen(form, "entrance")[0];
    const ago = Number(form.querySelector("[data-field=ago]").value);
    const common = { mode: chosen(form, "mode")[0], ...words(form) };
    if (entrance) common.entrance = Number(entrance);
    if (ago) common.since = new Date(Date.parse(form.dataset.now) - ago * 60000).toISOString();
    const sites = form.dataset.site
      ? [{ site: form.dataset.site, seen: Number(form.dataset.seen) }]
      : [...form.querySelectorAll('[data-choose="site"][aria-pressed="true"]')].map((tap) => (
        { site: tap.dataset.value, seen: Number(tap.dataset.seen) }));
    const base = keyOf(form);
    const button = form.querySelector("[data-set-modes]");
    button.disabled = true;
    const modes = sites.map((site) => ({ key: `${base}/${site.site}`, ...site, ...common }));
    const answer = await window.command.send(api(campaign, "modes"), { modes });
    const refused = answer.status !== 200 || answer.json.rejected.length > 0;
    if (refused) {
      button.disabled = false;
      say(form, complaint(answer, form.dataset.unsent), true);
      return;
    }
    for (const tap of form.querySelectorAll("[data-choose]")) tap.setAttribute("aria-pressed", "false");
    for (const area of form.querySelectorAll("textarea")) area.value = "";
    changed(form);
    say(form, form.dataset.done, false);
  }

  // ---- what makes it go ----

  function toggle(button, target) {
    target.hidden = !target.hidden;
    button.setAttribute("aria-expanded", String(!target.hidden));
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    const button = hit("button");
    if (!button || !hit(".pboard, [data-modes]")) return;
    const card = button.closest(".pcard");
    const data = button.dataset;
    if (data.choose) choose(button);
    else if (data.sendProblem !== undefined) open(button.closest(".report-form"), data.keep === "true");
    else if (data.addNote !== undefined) {
      const note = button.closest(".report-form").querySelector(".rf-note");
      note.hidden = !note.hidden;
      if (!note.hidden) note.querySelector("textarea").focus();
    } else if (data.toggleOpen !== undefined) toggle(button, button.closest(".pboard").querySelector("[data-open-form]"));
    else if (data.toggleModes !== undefined) toggle(button, button.closest("[data-modes]").querySelector(".mf"));
    else if (data.setModes !== undefined) setModes(button.closest(".mf"));
    else if (data.show) show(button.closest(".pboard"), data.show);
    else if (data.cancel !== undefined) card.querySelector(".pc-slot").replaceChildren();
    else if (data.history !== undefined) toggle(button, card.querySelector(".pc-history"));
    else if (data.form) openForm(card, data.form);
    else if (data.step) step(button);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.(".report-form, .mf, .pf");
    if (form) changed(form);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.closest?.(".pcard")?.querySelector(".pc-slot")?.replaceChildren();
  });
  window.addEventListener("online", () => document.querySelectorAll(".report-form").forEach(measure));
  window.addEventListener("offline", () => document.querySelectorAll(".report-form").forEach(measure));
  new MutationObserver(count).observe(document.documentElement, { subtree: true, childList: true });
})();
