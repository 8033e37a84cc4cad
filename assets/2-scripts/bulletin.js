/* The bulletin page: sends the steps its buttons stand for, copies the short text, prints the sheet, shows one issue of
   the hour at a time. Everything it says comes from the server or from the page. */
(() => {
  "use strict";
  let chosen = null; // the issue looked at; null is the newest
  let copying = null;

  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  const on = (event, selector) => event.target.closest?.(selector);

  // ---- steps ----

  function say(near, kind, words = "") {
    const place = near.closest(".act")?.querySelector("[data-result]");
    if (!place) return;
    const said = place.dataset[kind] ?? "";
    place.textContent = words ? `${said}: ${words}` : said;
    place.classList.toggle("crit", kind === "failed");
  }

  async function act(button) {
    const { act: address, id, hour, scope } = button.dataset;
    const body = {};
    if (id) body.id = Number(id);
    if (hour) Object.assign(body, { hour, scope });
    for (const field of button.closest("form")?.querySelectorAll("textarea") ?? []) body[field.name] = field.value;
    // The same key until an answer came: what is sent twice is frozen once.
    if ("keyed" in button.dataset) body.key = button.dataset.key ??= random();
    await post(button, address, body);
  }

  async function post(near, address, body) {
    near.setAttribute("aria-busy", "true");
    near.disabled = true;
    say(near, "sending");
    const { status, json } = await window.command.send(address, body);
    near.removeAttribute("aria-busy");
    near.disabled = false;
    if (status === 200) {
      delete near.dataset.key;
      say(near, "done");
    } else {
      if (status) delete near.dataset.key;
      say(near, "failed", json?.detail ?? String(status || ""));
    }
    return status === 200;
  }

  function upload(input) {
    const [file] = input.files;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", async () => {
      const content = String(reader.result).split(",")[1] ?? "";
      await post(input, input.dataset.upload, { key: random(), name: file.name, content, scope: input.dataset.scope });
      input.value = "";
    });
    reader.addEventListener("error", () => say(input, "failed", file.name));
    reader.readAsDataURL(file);
  }

  // ---- the short text ----

  async function copy(button) {
    const place = button.parentElement.querySelector("[role=status]");
    const worked = await written(button.dataset.copy);
    place.textContent = worked ? button.dataset.done : button.dataset.failed;
    clearTimeout(copying);
    copying = setTimeout(() => { place.textContent = ""; }, 4000);
  }

  /** Browsers give the clipboard to secure addresses only; elsewhere the old way. */
  async function written(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      const worked = document.execCommand("copy");
      area.remove();
      return worked;
    }
  }

  // ---- what is shown ----

  /** One issue of the hour: its sheet and its files. */
  function showChosen() {
    const blocks = [...document.querySelectorAll(".app-bulletin [data-issue]")];
    if (!blocks.length) return;
    const ids = new Set(blocks.map((block) => block.dataset.issue));
    const shown = ids.has(chosen) ? chosen : blocks[0].dataset.issue;
    for (const block of blocks) {
      const hide = block.dataset.issue !== shown;
      if (block.hidden !== hide) block.hidden = hide;
    }
    fit();
    for (const button of document.querySelectorAll("[data-choose-issue]")) {
      const pressed = String(button.dataset.chooseIssue === shown);
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
  }

  const PAGE_HEIGHT = 1000; // pixels of A4 between the margins, less what rounding takes
  const measured = new WeakMap(); // sheet → the text that was measured

  /** A sheet is one page: what is longer is set smaller, on the screen as on paper. */
  function fit(again = false) {
    for (const page of document.querySelectorAll(".sheet .page")) {
      if (!page.offsetHeight || (!again && measured.get(page) === page.textContent)) continue;
      measured.set(page, page.textContent);
      let scale = 1;
      // Smaller letters break into fewer lines: look again until it fits.
      for (let tries = 0; tries < 8; tries += 1) {
        page.style.setProperty("--fit", String(scale));
        page.style.minHeight = "0";
        const height = page.offsetHeight * (page.currentCSSZoom ?? scale);
        page.style.minHeight = "";
        if (height <= PAGE_HEIGHT) break;
        scale *= Math.min(0.98, Math.sqrt(PAGE_HEIGHT / height));
      }
    }
  }

  function showRows(button) {
    const all = button.dataset.rows === "all";
    document.getElementById("bulletin-compared")?.toggleAttribute("data-all", all);
    for (const other of button.parentElement.children) {
      other.classList.toggle("on", other === button);
      other.setAttribute("aria-pressed", String(other === button));
    }
  }

  /** The address of a file with the options ticked beside it. */
  function withOptions(link) {
    const address = new URL(link.href);
    const block = link.closest("[data-issue]");
    const ticked = (name) => block.querySelector(`[data-option=${name}]`)?.checked ?? false;
    address.searchParams.delete("sites");
    if (ticked("sites")) address.searchParams.set("sites", "1");
    const { language } = document.getElementById("live").dataset;
    address.searchParams.set("lang", ticked("lang") ? link.dataset.other : language);
    link.href = address;
  }

  function enlarge(large) {
    document.documentElement.toggleAttribute("data-large-sheet", large);
  }

  document.addEventListener("click", (event) => {
    // Other pages have copies, prints and drawers of their own.
    if (document.getElementById("live")?.dataset.view !== "bulletin") return;
    const step = on(event, "[data-act]");
    if (step) { act(step); return; }
    const button = on(event, "[data-copy], [data-print], [data-enlarge], [data-choose-issue], [data-rows], [data-open], [data-close]");
    if (button) {
      const { dataset } = button;
      if ("copy" in dataset) copy(button);
      else if ("print" in dataset) window.print();
      else if ("enlarge" in dataset) enlarge(!document.documentElement.hasAttribute("data-large-sheet"));
      else if ("chooseIssue" in dataset) { chosen = dataset.chooseIssue; showChosen(); }
      else if ("rows" in dataset) showRows(button);
      else if ("open" in dataset) document.getElementById(dataset.open)?.showModal();
      else button.closest("dialog")?.close();
    }
    const link = on(event, "a[data-file]");
    if (link) withOptions(link);
  });
  document.addEventListener("change", (event) => { if (event.target.matches?.("[data-upload]")) upload(event.target); });
  document.addEventListener("submit", (event) => { if (on(event, ".act")) event.preventDefault(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") enlarge(false); });
  window.addEventListener("_dashprivate_pushstate", () => { chosen = null; enlarge(false); });
  window.addEventListener("beforeprint", () => fit(true));
  document.fonts.ready.then(() => fit(true));
  new MutationObserver(showChosen).observe(document.documentElement, { subtree: true, childList: true });
})();
