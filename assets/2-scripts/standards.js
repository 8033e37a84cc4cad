/* Planning standards: what is chosen in a line is sent at once. The line shows what is in force, which the next picture
   says; until then, and where the server refuses, the choice goes back to it. */
(() => {
  "use strict";

  /** What is chosen in a line follows what is in force, whoever has changed that. */
  function settle() {
    for (const choice of document.querySelectorAll("select[data-standard]")) {
      if (choice.disabled || choice.dataset.shown === choice.dataset.limit) continue;
      choice.value = choice.dataset.shown = choice.dataset.limit;
    }
  }

  async function change(choice) {
    const board = choice.closest("[data-standards]");
    const said = board.querySelector("[data-standards-said]");
    const { standard, limit } = choice.dataset;
    choice.disabled = true;
    said.textContent = "";
    const { status, json } = await window.command.send(
      `/api/v1/campaigns/${encodeURIComponent(board.dataset.standards)}/standards`,
      { standard, limit: Number(choice.value), seen: Number(limit) },
    );
    choice.disabled = false;
    if (status === 200) { said.textContent = board.dataset.done; return; }
    choice.value = choice.dataset.limit;
    said.textContent = json?.errors?.[0]?.message ?? json?.detail ?? board.dataset.offline;
    choice.focus();
  }

  document.addEventListener("change", (event) => {
    const choice = event.target.closest?.("select[data-standard]");
    if (choice && choice.value !== choice.dataset.limit) change(choice);
  });
  new MutationObserver(settle).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-limit"],
  });
})();
