/* The pages of accounts and of the audit: what is chosen stands in the address, what is shown is asked for anew with
   every choice and now and then, and put into its places. Not a snapshot: it is drawn for this reader only. */
(() => {
  "use strict";
  const AGAIN_MS = 10000;
  const TYPING_MS = 300;

  const root = () => document.getElementById("panels");
  const said = (name) => root().dataset[name] ?? "";
  const keys = () => (root().dataset.keys ?? "").split(" ");
  const inside = (rest) => `/api/v1/campaigns/${encodeURIComponent(root().dataset.campaign)}/${rest}`;

  let shown = null; // the page that is being shown
  let asked = 0; // the latest question: answers to earlier ones are dropped
  let drawn = {};

  // ---- what is chosen ----

  const chosen = () => new URLSearchParams(location.search);

  function choose(change) {
    const url = new URL(location);
    change(url.searchParams);
    history.replaceState(history.state, "", url);
    controls();
    ask();
  }

  const set = (name, value) => choose((query) => {
    if (value) query.set(name, value); else query.delete(name);
    query.delete("before");
    query.delete("open");
  });

  function toggle(name, value) {
    choose((query) => {
      const others = query.getAll(name).filter((one) => one !== value);
      const had = others.length !== query.getAll(name).length;
      query.delete(name);
      for (const one of had ? others : [...others, value]) query.append(name, one);
      query.delete("before");
      query.delete("open");
    });
  }

  /** Lists and lines show what the address says. */
  function controls() {
    const query = chosen();
    for (const list of document.querySelectorAll("[data-filter]")) list.value = query.get(list.dataset.filter) ?? "";
    for (const link of document.querySelectorAll("[data-audit-file]")) link.href = `${link.dataset.auditFile}?${question()}`;
  }

  function question() {
    const query = new URLSearchParams();
    for (const name of keys()) for (const value of chosen().getAll(name)) if (value) query.append(name, value);
    query.set("lang", root().dataset.language);
    return query;
  }

  // ---- what is shown ----

  async function ask() {
    const place = root();
    if (!place) return;
    const mine = ++asked;
    let panels;
    try {
      const answer = await fetch(`${place.dataset.panels}?${question()}`, { credentials: "same-origin" });
      if (answer.status === 401) { window.command.signInAgain(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      panels = await answer.json();
    } catch {
      // What stands there stays; the next question comes by itself.
      document.body.dataset.panels = "late";
      return;
    }
    if (mine !== asked || root() !== place) return;
    document.body.dataset.panels = "live";
    for (const [slug, tree] of Object.entries(panels)) {
      const json = JSON.stringify(tree);
      if (drawn[slug] === json || !document.getElementById(`drawing-${slug}`)) continue;
      window.dash_clientside.set_props(`drawing-${slug}`, { tree });
      drawn[slug] = json;
    }
    if (JSON.stringify(panels["audit-chain"] ?? "").includes("data-verify-due")) verify();
  }

  function look() {
    const place = root();
    const now = place ? place.dataset.panels + place.dataset.language : null;
    if (now === shown) return;
    shown = now;
    drawn = {};
    delete document.body.dataset.panels;
    if (!place) return;
    document.documentElement.lang = place.dataset.language === "zh" ? "zh-CN" : place.dataset.language;
    controls();
    ask();
  }

  setInterval(() => { if (root() && !document.hidden && !document.querySelector("dialog[open]")) ask(); }, AGAIN_MS);
  setInterval(() => {
    const title = root()?.dataset.title;
    // Dash sets the title of the page's file after every change of page.
    if (title && document.title !== title) document.title = title;
  }, 200);
  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true });

  // ---- the audit's chain ----

  let verifying = false;

  async function verify() {
    if (verifying) return;
    verifying = true;
    const { status } = await window.command.send(inside("audit/verify"), {});
    // What could not be followed now is asked for again with the next question.
    setTimeout(() => { verifying = false; }, status === 200 ? 0 : AGAIN_MS);
    if (status === 200) ask();
  }

  // ---- dialogs ----

  const dialog = (name) => document.getElementById(`dialog-${name}`);
  const fields = (box) => Object.fromEntries(
    [...box.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field.value.trim()]),
  );
  const random = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");

  function open(name, more = {}) {
    const box = dialog(name);
    for (const field of box.querySelectorAll("textarea[data-field]")) field.value = "";
    box.querySelector(".refusal").textContent = "";
    // One key for this wish, however often it is sent.
    Object.assign(box.dataset, { key: random(), ...more });
    const who = box.querySelector("[data-who]");
    if (who) who.textContent = more.shown ?? "";
    const send = box.querySelector("[data-send]");
    send.hidden = false;
    send.disabled = false;
    box.querySelector(".secret")?.classList.remove("told");
    box.showModal();
    box.querySelector("[data-field]")?.focus();
  }

  /** What the server said, in words. */
  function refusal({ status, json }) {
    if (status === 0) return said("noAnswer");
    const errors = (json?.errors ?? []).map((error) => error.message);
    return errors.join(" ") || json?.detail || json?.title || said("failed");
  }

  function slips(html) {
    const box = dialog("slips");
    const sheet = document.getElementById("slips");
    // Made by the server, every name in it escaped there.
    sheet.innerHTML = html;
    if (!box.open) box.showModal();
  }

  const SEND = {
    account: async (box) => window.command.send(inside("accounts"), fields(box)),
    reset: async (box) => {
      const { name, phone } = fields(box);
      const body = { ...(name ? { name } : {}), ...(phone ? { phone } : {}) };
      return window.command.send(inside(`accounts/${encodeURIComponent(box.dataset.login)}/reset`), body);
    },
    token: async (box) => window.command.send(inside("tokens"), { key: box.dataset.key, ...fields(box) }),
    close: async (box) => window.command.send(inside("close-access"), fields(box)),
  };

  async function send(button) {
    const name = button.dataset.send;
    const box = dialog(name);
    button.disabled = true;
    const answer = await SEND[name](box);
    button.disabled = false;
    if (answer.status !== 200) {
      box.querySelector(".refusal").textContent = refusal(answer);
      return;
    }
    if (name === "token") {
      document.getElementById("token-secret").textContent = answer.json.secret ?? "";
      box.querySelector(".secret").classList.add("told");
      button.hidden = true;
    } else if (name === "close") {
      box.querySelector("[data-says]").textContent = said("closed").replace(/\{(\w+)\}/g, (_, n) => answer.json[n]);
      button.hidden = true;
    } else {
      box.close();
      slips(answer.json.slips);
    }
    ask();
  }

  // ---- many at once ----

  async function bulk(body) {
    const [progress, refused] = ["bulk-progress", "bulk-refusal"].map((id) => document.getElementById(id));
    const buttons = [...document.querySelectorAll("[data-bulk]:not(:disabled)")];
    for (const button of buttons) button.disabled = true;
    refused.textContent = "";
    let sheets = "";
    let done = 0;
    let begun = "";
    try {
      for (;;) {
        const answer = await window.command.send(inside("accounts/bulk"), { ...body, go_on: begun });
        if (answer.status !== 200) { refused.textContent = refusal(answer); break; }
        const { accounts, left, rejected } = answer.json;
        done += accounts.length;
        begun = answer.json.begun;
        sheets += answer.json.slips;
        progress.textContent = said("progress").replace("{done}", done).replace("{left}", left);
        if (rejected.length) {
          const lines = rejected.map((row) => `${row.index}: ${row.message}`);
          refused.textContent = [said("refused").replace("{number}", rejected.length), ...lines].join("\n");
        }
        if (!left || !accounts.length) break;
      }
    } finally {
      progress.textContent = "";
      for (const button of buttons) button.disabled = false;
      if (sheets) slips(sheets);
      drawn = {};
      ask();
    }
  }

  function fromFile() {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: ".csv,.xlsx,.txt" });
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (!file) return;
      const reader = new FileReader();
      reader.addEventListener("load", () => bulk({ file: String(reader.result), name: file.name }));
      reader.readAsDataURL(file);
    });
    input.click();
  }

  async function step(button) {
    const { step: name, login, shown: who } = button.dataset;
    if (name === "reset") { open("reset", { login, shown: who }); return; }
    if (name === "disable" && !confirm(said("disableSure").replace("{who}", who))) return;
    button.disabled = true;
    const answer = await window.command.send(inside(`accounts/${encodeURIComponent(login)}/${name}`), {});
    button.disabled = false;
    if (answer.status !== 200) alert(refusal(answer));
    ask();
  }

  async function revoke(number) {
    if (!confirm(said("revokeSure").replace("{number}", number))) return;
    const answer = await window.command.send(inside(`tokens/${number}/revoke`), {});
    if (answer.status !== 200) alert(refusal(answer));
    ask();
  }

  // ---- what makes it go ----

  const ON_CLICK = {
    toggleFilter: ({ toggleFilter, value }) => toggle(toggleFilter, value),
    pick: ({ pick, value }) => set(pick, value === "all" ? "" : value),
    lineOpen: ({ lineOpen: line }) => choose((q) => (q.get("open") === line ? q.delete("open") : q.set("open", line))),
    before: ({ before }) => choose((q) => { q.set("before", before); q.delete("open"); }),
    latest: () => choose((q) => { q.delete("before"); q.delete("open"); }),
    clear: () => choose((q) => {
      for (const name of keys()) q.delete(name);
      const line = document.querySelector(".find input");
      if (line) Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(line, "");
    }),
    verify: () => verify(),
    step: (_, button) => step(button),
    revoke: ({ revoke: number }) => revoke(number),
    send: (_, button) => send(button),
    shut: (_, button) => button.closest("dialog").close(),
    printSlips: () => print(),
    openDialog: (data) => {
      open(data.openDialog, {});
      const says = dialog(data.openDialog).querySelector("[data-says]");
      if (says) says.textContent = said("closeSays").replace(/\{(\w+)\}/g, (_, n) => data[n] ?? "");
    },
    bulk: ({ bulk: what }) => {
      if (what === "file") fromFile();
      else bulk({ all_sites: true, renew_unused: what === "unused" });
    },
  };

  document.addEventListener("click", (event) => {
    if (!root()) return;
    const button = event.target.closest?.("button");
    if (!button) return;
    const what = Object.keys(ON_CLICK).find((name) => name in button.dataset);
    if (what) ON_CLICK[what](button.dataset, button);
  });

  document.addEventListener("change", (event) => {
    const list = event.target.closest?.("[data-filter]");
    if (root() && list) set(list.dataset.filter, list.value);
  });

  let typing = 0;
  document.addEventListener("input", (event) => {
    if (!root() || !event.target.matches?.(".find input")) return;
    clearTimeout(typing);
    typing = setTimeout(() => set(event.target.id.replace("filter-", ""), event.target.value.trim()), TYPING_MS);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !root() || !event.target.matches?.("textarea[data-field]")) return;
    event.preventDefault();
    const box = event.target.closest("dialog");
    const go = box?.querySelector("[data-send]");
    if (go && !go.hidden && !go.disabled) go.click();
  });

  // What lies above the page cannot be broken into sheets of paper: for printing the slips stand in the page itself.
  window.addEventListener("beforeprint", () => {
    if (!root() || !dialog("slips")?.open) return;
    const paper = Object.assign(document.createElement("div"), { id: "slip-paper" });
    paper.append(...[...document.getElementById("slips").children].map((page) => page.cloneNode(true)));
    document.body.append(paper);
  });
  window.addEventListener("afterprint", () => document.getElementById("slip-paper")?.remove());

  // Once closed, a sheet of passwords is gone.
  document.addEventListener("close", (event) => {
    if (event.target.id === "dialog-slips") document.getElementById("slips").replaceChildren();
    if (event.target.id === "dialog-token") document.getElementById("token-secret").textContent = "";
  }, true);
})();
