/* Lists of tubes from a file: tried first, with what would be refused by name, then kept. The server reads the file. */
(() => {
  "use strict";
  const MOST_SHOWN = 100;

  const chosen = new WeakMap(); // panel → {name, file}
  const said = (panel, name) => panel.dataset[`said${name[0].toUpperCase()}${name.slice(1)}`];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  function make(tag, text = "", className = "") {
    const node = document.createElement(tag);
    node.textContent = text;
    node.className = className;
    return node;
  }

  function show(panel, ...nodes) {
    panel.querySelector("[data-list-answer]").replaceChildren(...nodes);
  }

  function problem(panel, text) {
    const line = make("p", text, "crit t13");
    line.setAttribute("role", "alert");
    show(panel, line);
  }

  function counts(panel, done) {
    const row = make("div", "", "result");
    for (const name of ["rows", "accepted", "unchanged", "refused"]) {
      const cell = make("div");
      const number = done[name].toLocaleString("en");
      cell.append(make("div", said(panel, name), "l"), make("div", number, name === "refused" && done[name] ? "v crit" : "v"));
      row.append(cell);
    }
    return row;
  }

  function table(panel, rejected) {
    const found = make("table", "", "refused-table");
    const head = make("tr");
    const names = ["line", "field", "value", "message"];
    for (const name of names) head.append(make("th", said(panel, name)));
    const body = make("tbody");
    for (const row of rejected.slice(0, MOST_SHOWN)) {
      const line = make("tr");
      for (const name of names) line.append(make("td", String(row[name] || "—"), name === "message" ? "" : name === "value" ? "value" : "where"));
      body.append(line);
    }
    const top = make("thead");
    top.append(head);
    found.append(top, body);
    return found;
  }

  function back(panel, name, content) {
    const link = make("a", said(panel, "download"), "btn");
    link.href = URL.createObjectURL(new Blob(["\ufeff", content], { type: "text/csv" }));
    link.download = `${name}.rejected.csv`;
    return link;
  }

  async function send(panel, keep) {
    const file = chosen.get(panel);
    const button = panel.querySelector("[data-list-keep]");
    button.disabled = true;
    if (!file) return;
    show(panel, make("p", said(panel, "working"), "mut t13"));
    const place = panel.querySelector("[data-list-place]")?.value ?? panel.dataset.place;
    const answer = await window.command.send(
      `/api/v1/campaigns/${encodeURIComponent(panel.dataset.campaign)}/tube-lists`,
      { kind: panel.dataset.tubeList, place, timezone: panel.querySelector("[data-list-zone]").value, keep, ...file },
    );
    if (answer.status !== 200) {
      problem(panel, answer.status ? answer.json?.detail || answer.json?.title : said(panel, "unsent"));
      return;
    }
    const done = answer.json;
    const parts = [make("h3", fill(said(panel, keep ? "done" : "preview"), { name: file.name })), counts(panel, done)];
    const columns = Object.entries(done.columns).map(([ours, theirs]) => `${theirs} → ${ours}`).join("，");
    parts.push(make("p", fill(said(panel, "columns"), { columns }), "mut t12"));
    if (done.rejected.length) {
      parts.push(table(panel, done.rejected));
      if (done.refused > MOST_SHOWN) parts.push(make("p", fill(said(panel, "more"), { count: done.refused - MOST_SHOWN }), "mut t12"));
      parts.push(back(panel, file.name, done.rejected_file));
    }
    show(panel, ...parts);
    button.disabled = keep || !done.accepted;
    if (keep) window.dispatchEvent(new CustomEvent("recordchange"));
  }

  function choose(panel) {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: ".csv,.xlsx,.txt,.ndjson,.gz" });
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (!file) return;
      const reader = new FileReader();
      reader.addEventListener("load", () => {
        chosen.set(panel, { name: file.name, file: String(reader.result) });
        send(panel, false);
      });
      reader.readAsDataURL(file);
    });
    input.click();
  }

  document.addEventListener("click", (event) => {
    const panel = event.target.closest?.("[data-tube-list]");
    if (!panel) return;
    if (event.target.closest("[data-list-choose]")) choose(panel);
    else if (event.target.closest("[data-list-keep]")) send(panel, true);
  });

  // Another site or another clock: what would become of the file is asked again.
  document.addEventListener("change", (event) => {
    const panel = event.target.closest?.("[data-tube-list]");
    if (panel && event.target.matches("[data-list-place], [data-list-zone]") && chosen.has(panel)) send(panel, false);
  });
})();
