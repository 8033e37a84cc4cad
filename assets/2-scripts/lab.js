/* Counts of an hour from a laboratory that has no barcodes to give. */
(() => {
  "use strict";
  const COUNTS = ["received", "tested", "reported"];

  async function send(panel) {
    const line = panel.querySelector("[data-lab-said]");
    const say = (text, bad) => {
      line.textContent = text;
      line.classList.toggle("crit", bad);
    };
    const row = { hour: panel.querySelector("[data-lab-hour]")?.value };
    for (const name of COUNTS) {
      const value = document.getElementById(`lab-${name}`).value.trim();
      // What is no number is the server's to refuse, in words.
      if (value !== "") row[name] = /^\d+$/.test(value) ? Number(value) : value;
    }
    if (!row.hour || COUNTS.every((name) => row[name] === undefined)) { say(panel.dataset.missing, true); return; }
    // One key for this wish: the same counts sent again change nothing.
    row.key = `desk/${row.hour}/${COUNTS.map((name) => row[name] ?? "").join("/")}`;
    const button = panel.querySelector("[data-lab-counts]");
    button.disabled = true;
    const answer = await window.command.send(
      `/api/v1/campaigns/${encodeURIComponent(panel.dataset.campaign)}/lab-reports`, [row],
    );
    button.disabled = false;
    const refused = answer.json?.rejected?.[0];
    if (answer.status !== 200 || refused) {
      say(refused?.message ?? answer.json?.detail ?? panel.dataset.unsent, true);
      return;
    }
    say(answer.json.accepted ? panel.dataset.sent : panel.dataset.unchanged, false);
    window.dispatchEvent(new CustomEvent("recordchange"));
  }

  document.addEventListener("click", (event) => {
    const panel = event.target.closest?.(".at-counts");
    if (panel && event.target.closest("[data-lab-counts]")) send(panel);
  });
})();
