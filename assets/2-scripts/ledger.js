/* The three-way ledger: which findings are shown, causes, the rows in which one is closed or handed on, sign-offs,
   texts for owners. What is drawn comes from the server with every picture; what a person is doing stands in attributes
   and in copies of forms that the pictures leave alone. */
(() => {
  "use strict";
  const api = (campaign, rest) => `/api/v1/campaigns/${encodeURIComponent(campaign)}/${rest}`;
  const { key, complaint, words, keyOf, say } = window.command.written;
  const oneLine = (text) => text.replace(/\s+/g, " ").trim();
  const desk = () => document.querySelector(".lg");

  const slotOf = (row) => row.nextElementSibling?.querySelector(".lg-slot");

  // ---- which findings are shown ----

  function chosen(main) {
    const pick = (name) => main.querySelector(`[data-show="${name}"]`)?.value ?? "";
    return {
      kind: main.dataset.kind, town: pick("town"), lab: pick("lab"), owner: pick("owner"),
      words: oneLine(main.querySelector("#ledger-search")?.value ?? "").toLowerCase().replace(/ /g, ""),
    };
  }

  const COUNTS = ["copy_only", "no_copy", "reported"];

  function fits(row, want) {
    const data = row.dataset;
    const kind = want.kind === "counts" ? COUNTS.includes(data.kind) : want.kind === "all" || data.kind === want.kind;
    return kind && (!want.town || data.town === want.town) && (!want.owner || data.owner === want.owner)
      && (!want.lab || data.labs.split(" ").includes(want.lab))
      && (!want.words || data.search.replace(/ /g, "").includes(want.words));
  }

  function show() {
    const main = desk();
    if (!main) return;
    const want = chosen(main);
    const narrowed = want.kind !== "all" || want.town || want.lab || want.owner || want.words;
    main.classList.toggle("narrowed", Boolean(narrowed));
    const groups = new Set();
    for (const row of main.querySelectorAll(".lg-row")) {
      const shown = fits(row, want);
      hide(row, !shown);
      hide(row.nextElementSibling, !shown);
      if (shown && (narrowed || main.dataset.expanded || !row.classList.contains("lg-more"))) groups.add(row.dataset.group);
    }
    for (const head of main.querySelectorAll("tr.grp")) hide(head, !groups.has(head.dataset.group));
    for (const select of main.querySelectorAll("[data-set-cause]")) {
      if (select.dataset.shown !== select.dataset.value) {
        select.dataset.shown = select.dataset.value;
        select.value = select.dataset.value;
      }
    }
  }

  function hide(node, hidden) {
    if (node.classList.contains("out") !== hidden) node.classList.toggle("out", hidden);
  }

  // ---- a finding ----

  function openForm(row, name) {
    const slot = slotOf(row);
    const wanted = name === "closed" ? `closed-${row.dataset.kind}` : name;
    const same = slot.firstElementChild?.dataset?.for === wanted;
    slot.replaceChildren();
    if (same) return;
    const store = row.closest(".lg-settled, .lg-handover, .lg").querySelector(`.lg-store [data-for="${wanted}"]`)
      ?? desk().querySelector(`.lg-store [data-for="${wanted}"]`);
    const form = store.cloneNode(true);
    slot.append(form);
    for (const option of form.querySelectorAll("[data-owner]")) {
      option.hidden = !row.dataset.parties.split(" ").includes(option.dataset.owner);
    }
    const cause = form.querySelector(`[data-cause="${CSS.escape(row.dataset.cause ?? "")}"]`);
    if (cause) choose(cause, row);
    form.querySelector("textarea").focus();
  }

  /** One option of a row of them; the cause of a closing says what follows from it. */
  function choose(option, row) {
    const form = option.closest(".lg-form");
    for (const other of form.querySelectorAll(".lg-opt")) other.setAttribute("aria-pressed", String(other === option));
    delete form.dataset.key;
    const effect = form.querySelector(".lg-effect");
    if (!effect || !option.dataset.effect) return;
    effect.textContent = option.dataset.effect
      .replace("{persons}", row.dataset.persons).replace("{tubes}", row.dataset.tubes);
    form.querySelector("[data-send-step]").textContent = option.dataset.go;
  }

  async function step(row, name, more, form) {
    const main = desk();
    const body = {
      key: form ? keyOf(form) : key(), finding: row.dataset.finding, step: name,
      seen: Number(row.dataset.turns), ...more,
    };
    row.setAttribute("aria-busy", "true");
    const answer = await window.command.send(api(main.dataset.ledger, "ledger/findings/steps"), body);
    row.removeAttribute("aria-busy");
    if (answer.status !== 200) {
      say(slotOf(row), complaint(answer, main.dataset.unsent), true);
      return false;
    }
    slotOf(row)?.replaceChildren();
    window.dispatchEvent(new CustomEvent("recordchange"));
    return true;
  }

  function sendForm(form, name) {
    const row = form.closest("tr").previousElementSibling;
    const pressed = form.querySelector('.lg-opt[aria-pressed="true"]');
    const more = words(form);
    if (pressed?.dataset.cause) more.cause = pressed.dataset.cause;
    if (pressed?.dataset.owner) more.owner = pressed.dataset.owner;
    step(row, name, more, form);
  }

  async function setCause(select) {
    const row = select.closest(".lg-row");
    if (!select.value) return;
    const done = await step(row, "cause", { cause: select.value });
    if (!done) select.value = select.dataset.value;
  }

  // ---- sign-off ----

  async function sign(form) {
    const row = form.closest("tr").previousElementSibling;
    const main = desk();
    const body = {
      key: keyOf(form), site: row.dataset.site, side: form.dataset.side,
      site_count: Number(row.dataset.siteCount), lab_count: Number(row.dataset.labCount), ...words(form),
    };
    const answer = await window.command.send(api(main.dataset.ledger, "sign-offs"), body);
    if (answer.status !== 200) {
      say(slotOf(row), complaint(answer, main.dataset.unsent), true);
      return;
    }
    slotOf(row)?.replaceChildren();
    window.dispatchEvent(new CustomEvent("recordchange"));
  }

  // ---- texts for owners ----

  async function copy(button) {
    const block = button.closest(".lg-remind-one");
    const text = block.querySelector(".msgbox").textContent;
    const done = await window.command.copy(text);
    block.querySelector(".said").textContent = done ? desk().dataset.copied : "";
  }

  // ---- what makes it go ----

  function flip(button, node, attribute) {
    node.hidden = !node.hidden;
    button.setAttribute(attribute, String(!node.hidden));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    const main = button?.closest(".lg");
    if (!main) return;
    const data = button.dataset;
    const form = button.closest(".lg-form");
    const row = form ? form.closest("tr").previousElementSibling : button.closest("tr");
    if (data.showKind) {
      main.dataset.kind = data.showKind;
      for (const tap of main.querySelectorAll("[data-show-kind]")) tap.setAttribute("aria-pressed", String(tap === button));
      show();
    } else if (data.expand !== undefined) {
      main.toggleAttribute("data-expanded");
      button.setAttribute("aria-expanded", String(main.hasAttribute("data-expanded")));
    } else if (data.handover !== undefined) {
      flip(button, main.querySelector(".lg-handover"), "aria-pressed");
      main.classList.toggle("handing", !main.querySelector(".lg-handover").hidden);
    } else if (data.remindOwners !== undefined) {
      flip(button, main.querySelector(".lg-remind"), "aria-expanded");
      main.querySelector(".lg-remind").scrollIntoView({ block: "nearest" });
    } else if (data.copyOwner !== undefined) copy(button);
    else if (data.cancel !== undefined) slotOf(row).replaceChildren();
    else if (button.classList.contains("lg-opt")) choose(button, row);
    else if (data.sendStep) sendForm(form, data.sendStep);
    else if (data.sendSign !== undefined) sign(form);
    else if (data.sign) {
      openForm(row, "sign");
      const opened = slotOf(row).querySelector(".lg-form");
      if (opened) opened.dataset.side = data.sign;
    } else if (data.form) openForm(row, data.form);
    else if (data.step) step(row, data.step, data.step === "confirmed" ? { cause: row.querySelector("select").value } : {});
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".lg [data-set-cause]")) setCause(event.target);
    else if (event.target.matches?.(".lg [data-show]")) show();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "ledger-search") show();
    else delete event.target.closest?.(".lg-form")?.dataset.key;
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.(".lg-form");
    if (!form) return;
    if (event.key === "Escape") {
      const row = form.closest("tr").previousElementSibling;
      slotOf(row).replaceChildren();
      row.querySelector("button")?.focus();
    } else if (event.key === "Enter" && event.target.matches("textarea")) {
      event.preventDefault();
      form.querySelector(".pri").click();
    }
  });
  new MutationObserver(show).observe(document.documentElement, { subtree: true, childList: true });
})();
