/* Tasks from results: forms, sending, which to show. What is drawn comes from the server with every picture; what a
   person is doing (open forms, words) stands in copies of forms that the pictures leave alone. */
(() => {
  "use strict";
  const WAIT_MS = 5000;
  const { key, complaint, words, keyOf, say } = window.command.written;

  // ---- a card's form ----

  function openForm(card, button) {
    const slot = card.querySelector(".po-slot");
    const { form: step, second = "", party = "" } = button.dataset;
    const open = slot.firstElementChild?.dataset;
    const same = open?.for === step && (open.second ?? "") === second && (open.party ?? "") === party;
    slot.replaceChildren();
    if (same) return;
    const form = card.closest(".po").querySelector(`.po-store [data-for="${step}"]`).cloneNode(true);
    if (second) form.dataset.second = second;
    if (party) form.dataset.party = party;
    for (const said of form.querySelectorAll("[data-for-kind]")) said.hidden = said.dataset.forKind !== card.dataset.kind;
    const persons = form.querySelector("[name=persons]");
    if (persons) persons.value = card.dataset.members;
    slot.append(form);
    form.querySelector("input, textarea, select").focus();
  }

  /** What the form says, as the data interface wants it. */
  function said(form) {
    const { barcodes, ...rest } = words(form);
    const body = { ...rest };
    if (barcodes) body.barcodes = barcodes.split(/[\s,，、;；]+/).filter(Boolean);
    const persons = form.querySelector("[name=persons]")?.value;
    if (persons) body.persons = Number(persons);
    const ago = Number(form.querySelector("[data-field=minutes_ago]")?.value ?? 0);
    if (ago) body.minutes_ago = ago;
    if (form.dataset.party) body.party = form.dataset.party;
    if (form.dataset.second) body.second = true;
    return body;
  }

  /** What the card offers is old until the next picture: it waits for it, a few seconds at most. */
  function untilDrawn(card, turns) {
    const drawn = () => Number(card.dataset.turns) >= turns;
    if (drawn()) return;
    card.setAttribute("aria-busy", "true");
    const go = () => { card.removeAttribute("aria-busy"); watch.disconnect(); clearTimeout(timer); };
    const watch = new MutationObserver(() => { if (drawn()) go(); });
    const timer = setTimeout(go, WAIT_MS);
    watch.observe(card, { attributes: true, attributeFilter: ["data-turns"] });
  }

  async function send(card, place, body, button) {
    const board = card.closest(".po");
    const address = `/api/v1/campaigns/${encodeURIComponent(board.dataset.positives)}/positives/steps`;
    button.disabled = true;
    const answer = await window.command.send(address, {
      number: Number(card.dataset.number), seen: Number(card.dataset.turns), ...body,
    });
    button.disabled = false;
    if (answer.status === 200) {
      card.querySelector(".po-slot").replaceChildren();
      untilDrawn(card, answer.json.task.turns);
      window.dispatchEvent(new CustomEvent("recordchange"));
    } else {
      say(place, complaint(answer, board.dataset.unsent), true);
    }
  }

  function submit(button) {
    const form = button.closest(".po-form");
    send(form.closest(".po-card"), form, { key: keyOf(form), step: button.dataset.sendStep, ...said(form) }, button);
  }

  function unlink(card, button) {
    send(card, card.querySelector(".po-slot"), { key: key(), step: "unlinked", barcodes: [button.dataset.unlink] }, button);
  }

  // ---- what makes it go ----

  function show(board, which) {
    board.dataset.filter = which;
    for (const button of board.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === which));
    }
  }

  function toggle(card, button) {
    const history = card.querySelector(".pc-history");
    history.hidden = !history.hidden;
    button.setAttribute("aria-expanded", String(!history.hidden));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".po button");
    if (!button) return;
    const card = button.closest(".po-card");
    const data = button.dataset;
    if (data.show) show(button.closest(".po"), data.show);
    else if (data.history !== undefined) toggle(card, button);
    else if (data.form) openForm(card, button);
    else if (data.cancel !== undefined) card.querySelector(".po-slot").replaceChildren();
    else if (data.sendStep) submit(button);
    else if (data.unlink) unlink(card, button);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.(".po-form");
    if (form) delete form.dataset.key;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.closest?.(".po-card")?.querySelector(".po-slot")?.replaceChildren();
  });
})();
