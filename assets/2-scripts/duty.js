/* The duty board: open a row (one at a time), choose an hour, show only one state; read, edit, copy and send reminders.
   React draws the panels anew with every version; what the reader has chosen is put back over it (`restore`), and what
   he types stands in elements React has left empty. */
(() => {
  "use strict";
  const board = () => document.querySelector(".main-duty");
  const live = () => document.getElementById("live");
  const may = (action) => (live()?.dataset.may ?? "").split(" ").includes(action);

  let open = null; // the place that stands open; "" for none, null for what the board proposes
  let filter = ""; // the state the lists are limited to
  let edits = new Map(); // town|hour → {text, owed}: what is being edited, and the list it was written for
  let phones = null; // site code → number in full, for who may ring it
  let phonesOf = null; // campaign and place they were asked for
  let entered = null; // the page these belong to

  // ---- what the reader has chosen, over what was drawn ----

  function restore() {
    const main = board();
    if (!main) { entered = null; return; }
    if (entered !== main) begin(main);
    for (const group of main.querySelectorAll("[data-duty-place]")) {
      const opened = group.dataset.dutyPlace === chosen(main);
      group.classList.toggle("open", opened);
      setAttribute(group.querySelector("[data-duty-open]"), "aria-expanded", String(opened));
    }
    const lists = main.querySelector(".rm");
    if (lists && lists.dataset.filter !== (filter || undefined)) {
      if (filter) lists.dataset.filter = filter; else delete lists.dataset.filter;
    }
    for (const button of main.querySelectorAll("[data-duty-filter]")) {
      setAttribute(button, "aria-pressed", String(button.dataset.dutyFilter === filter));
    }
    for (const button of main.querySelectorAll("[data-duty-lists]")) {
      setAttribute(button, "aria-expanded", String(main.hasAttribute("data-lists")));
    }
    for (const town of main.querySelectorAll("[data-town]")) restoreEdit(town);
    fillPhones(main);
    scrollToHour(main);
  }

  function begin(main) {
    entered = main;
    open = new URLSearchParams(location.search).get("open");
    filter = "";
    edits = new Map();
  }

  const chosen = (main) => open ?? main.querySelector(".db")?.dataset.open ?? "";

  function setAttribute(node, name, value) {
    if (node && node.getAttribute(name) !== value) node.setAttribute(name, value);
  }

  function inAddress(name, value) {
    const url = new URL(location);
    if (value === null) url.searchParams.delete(name); else url.searchParams.set(name, value);
    history.replaceState(history.state, "", url);
  }

  function toggle(place) {
    open = chosen(board()) === place ? "" : place;
    inAddress("open", open);
    restore();
  }

  /** Another hour: `live.js` fetches what belongs to it, the page and what stands open in it stay. */
  function choose(link) {
    // The latest hour goes on with the time; an earlier one stays.
    const hour = "dutyLatest" in link.dataset ? "" : link.dataset.dutyHour;
    live().dataset.hour = hour;
    const line = board().querySelector(".rm-foot .said");
    if (line) line.textContent = ""; // it spoke of the hour before
    inAddress("hour", hour || null);
  }

  /** On a narrow screen the hours scroll: the chosen one is in view when it changes, and not again. */
  function scrollToHour(main) {
    const box = main.querySelector(".db");
    const hour = box?.querySelector("[data-duty-hour].on");
    if (!hour || box.dataset.shown === hour.dataset.dutyHour) return;
    box.dataset.shown = hour.dataset.dutyHour;
    if (box.scrollWidth <= box.clientWidth) return;
    const [place, cell] = [box.getBoundingClientRect(), hour.getBoundingClientRect()];
    box.scrollLeft += cell.right - place.right + 64;
  }

  // ---- phones ----

  async function fillPhones(main) {
    if (!may("remind") || !main.querySelector("[data-phone-of]")) return;
    const { campaign, place } = live().dataset;
    const asked = `${campaign}/${place}`;
    if (phonesOf !== asked) {
      phonesOf = asked;
      phones = null;
      const address = `/api/v1/campaigns/${encodeURIComponent(campaign)}/contacts?scope=${encodeURIComponent(place)}`;
      const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
      if (!answer?.ok) { phonesOf = null; return; }
      const found = new Map();
      // The first to ring of each place comes first.
      for (const { place: code, phone } of await answer.json()) if (!found.has(code)) found.set(code, phone);
      phones = found;
    }
    if (!phones) return;
    for (const node of document.querySelectorAll("[data-phone-of]")) {
      const whole = phones.get(node.dataset.phoneOf);
      const written = whole ?? node.dataset.masked;
      if (node.textContent !== written) node.textContent = written;
      if (whole) setAttribute(node, "href", `tel:${whole.replace(/[^+0-9]/g, "")}`);
      else node.removeAttribute("href");
    }
  }

  // ---- one reminder ----

  const keyOf = (town) => `${town.dataset.town}|${town.dataset.hour}`;
  const said = (town) => JSON.parse(town.closest(".rm").dataset.said);

  function restoreEdit(town) {
    const edit = edits.get(keyOf(town));
    const slot = town.querySelector(".edit");
    if (!slot) return;
    town.classList.toggle("editing", Boolean(edit));
    const there = slot.querySelector("textarea");
    if (!edit) { if (there) slot.replaceChildren(); } else if (there?.dataset.of !== keyOf(town)) {
      const area = document.createElement("textarea");
      area.value = edit.text;
      area.dataset.of = keyOf(town);
      area.maxLength = 4000;
      area.setAttribute("aria-label", said(town).label);
      slot.replaceChildren(area);
    }
    const words = town.querySelector("[data-remind=edit] span");
    const word = edit ? said(town).restore : said(town).edit;
    if (words && words.textContent !== word) words.textContent = word;
    // What belonged to another town says nothing about this one.
    const line = town.querySelector(".said");
    if (line && line.dataset.of && line.dataset.of !== keyOf(town)) tell(town, "", "");
  }

  function edit(town) {
    if (edits.delete(keyOf(town))) { restoreEdit(town); return; }
    const text = town.querySelector(".msgbox").textContent;
    edits.set(keyOf(town), { text, owed: town.dataset.owed });
    restoreEdit(town);
    town.querySelector("textarea").focus();
  }

  const textOf = (town) => edits.get(keyOf(town))?.text ?? town.querySelector(".msgbox").textContent;

  function tell(town, words, how) {
    const line = town.querySelector(":scope > .said, :scope > .rm-message > .said");
    line.textContent = words;
    line.dataset.how = how;
    if (town.dataset.town) line.dataset.of = keyOf(town);
  }

  /** The clipboard is closed to pages that do not come over https: then the old way. */
  async function toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
      area.setAttribute("aria-hidden", "true");
      area.style.position = "fixed";
      area.style.opacity = "0";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  function wanted(town, channel) {
    const owed = edits.get(keyOf(town))?.owed ?? town.dataset.owed;
    return {
      key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`,
      town: town.dataset.town, hour: town.dataset.hour, sites: JSON.parse(owed), text: textOf(town), channel,
    };
  }

  async function post(rows) {
    const address = `/api/v1/campaigns/${encodeURIComponent(live().dataset.campaign)}/reminders`;
    const answer = await window.command.send(address, { reminders: rows });
    window.dispatchEvent(new CustomEvent("recordchange"));
    return answer;
  }

  async function copy(towns, foot) {
    const rows = towns.map((town) => wanted(town, "copy"));
    const words = said(foot ?? towns[0]);
    const done = await toClipboard(rows.map((row) => row.text).join("\n\n"));
    const where = foot ?? towns[0];
    if (!done) { tell(where, words.not_copied, "crit"); return; }
    tell(where, foot ? words.copied_many.replace("{count}", String(rows.length)) : words.copied, "ok");
    await post(rows); // the record: somebody has taken it to pass it on
  }

  async function send(towns, foot) {
    const rows = towns.map((town) => wanted(town, "send"));
    const words = said(towns[0]);
    const buttons = document.querySelectorAll("[data-remind=send], [data-remind=send-all]");
    for (const button of buttons) button.setAttribute("aria-busy", "true");
    for (const town of towns) tell(town, words.sending, "");
    const { status, json } = await post(rows);
    for (const button of buttons) button.removeAttribute("aria-busy");
    const found = new Map();
    for (const one of json?.rejected ?? []) found.set(one.index, [one.message, "crit"]);
    for (const one of json?.reminders ?? []) {
      found.set(one.index, one.state === "sent" ? [words.sent, "ok"] : [`${words.failed}: ${one.detail}`, "crit"]);
    }
    rows.forEach((row, index) => {
      const [line, how] = found.get(index) ?? [status ? json?.detail || words.failed : words.no_answer, "crit"];
      // Meanwhile the panel may have been drawn anew.
      const town = [...document.querySelectorAll("[data-town]")].find((one) => keyOf(one) === `${row.town}|${row.hour}`);
      if (how === "ok") edits.delete(`${row.town}|${row.hour}`);
      if (town?.querySelector(".said")) { restoreEdit(town); tell(town, line, how); }
    });
    if (foot?.isConnected) {
      const failed = rows.filter((_, index) => found.get(index)?.[1] !== "ok").length;
      tell(foot, failed ? `${words.failed}: ${failed}/${rows.length}` : words.sent, failed ? "crit" : "ok");
    }
  }

  // ---- clicks ----

  document.addEventListener("click", (event) => {
    const main = board();
    const at = (selector) => event.target.closest?.(selector);
    if (!main || !main.contains(event.target)) return;
    const hour = at("[data-duty-hour]");
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (hour && plain) { event.preventDefault(); choose(hour); return; }
    const opener = at("[data-duty-open]");
    if (opener) { toggle(opener.dataset.dutyOpen); return; }
    const one = at("[data-duty-filter]");
    if (one) { filter = filter === one.dataset.dutyFilter ? "" : one.dataset.dutyFilter; restore(); return; }
    if (at("[data-duty-lists]")) { main.toggleAttribute("data-lists"); restore(); return; }
    const cell = at(".dc");
    if (cell) { pick(cell); return; }
    const button = at("[data-remind]");
    if (button && !button.hasAttribute("aria-busy")) act(button);
  });

  /** A cell: its hour, and its place opened. */
  function pick(cell) {
    const row = cell.closest(".gr");
    const head = cell.closest(".db").querySelector(".hd .gr").children[[...row.children].indexOf(cell)];
    const hour = head?.querySelector("[data-duty-hour]");
    if (!hour) return;
    const place = row.classList.contains("tr") ? row.closest("[data-duty-place]")?.dataset.dutyPlace : null;
    if (place && chosen(board()) !== place) toggle(place);
    if (!hour.classList.contains("on")) choose(hour);
  }

  function act(button) {
    const town = button.closest("[data-town]");
    const foot = button.closest(".rm-foot");
    const all = () => [...document.querySelectorAll("[data-town]:not(.only-late)")];
    const does = button.dataset.remind;
    if (does === "edit") edit(town);
    if (does === "copy") copy([town], null);
    if (does === "send") send([town], null);
    if (does === "copy-all") copy(all(), foot);
    if (does === "send-all") send(all().filter((one) => "sendable" in one.dataset), foot);
  }

  document.addEventListener("input", (event) => {
    const town = event.target.closest?.(".edit textarea") && event.target.closest("[data-town]");
    if (town) edits.get(keyOf(town)).text = event.target.value;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board()?.hasAttribute("data-lists")) { board().removeAttribute("data-lists"); restore(); }
  });

  new MutationObserver(restore).observe(document.documentElement, { subtree: true, childList: true, attributes: true,
    attributeFilter: ["data-town", "data-hour", "data-duty-place", "data-phone-of", "data-open"] });
  window.command = Object.assign(window.command ?? {}, { copy: toClipboard });
})();
