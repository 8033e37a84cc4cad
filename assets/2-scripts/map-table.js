/* The table of the map's page shows the columns of the map's layer and the sites of the town chosen there. A sort the
   reader has made stays over every new picture, and over another layer as long as that has the column. */
(() => {
  "use strict";
  const ALWAYS = ["name", "town"];

  let shown = ""; // layer and town the table shows

  const narrow = matchMedia("(max-width: 719px)");
  const root = () => document.querySelector(".map-table");

  /** The table's own interface; null until it has been drawn. */
  function grid() {
    if (!root()?.querySelector(".ag-root")) return null;
    try {
      return window.dash_ag_grid.getApi("map-sites-table");
    } catch {
      return null; // drawn, but not ready
    }
  }

  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.points = (value) =>
    value === null || value === undefined ? "—" : (value > 0 ? "+" : "") + value.toFixed(1).replace("-", "\u2212");
  functions.rankOf = (layer) => (one, other, nodeA, nodeB) => nodeA.data[`${layer}_rank`] - nodeB.data[`${layer}_rank`];

  function follow() {
    const stage = document.querySelector(".map-stage");
    const api = grid();
    if (!api || !stage) return;
    const layer = stage.dataset.layer || "coverage";
    const town = stage.dataset.town || "";
    const now = `${layer} ${town}`;
    if (now === shown && root().dataset.shown === now) return;
    const layers = JSON.parse(root().dataset.layers);
    const columns = layers[layer];
    if (!columns) return;
    const every = new Set(Object.values(layers).flat());
    const before = api.getColumnState().find((column) => column.sort);
    api.setColumnsVisible([...every].filter((name) => !columns.includes(name)), false);
    api.setColumnsVisible(columns, true);
    api.setColumnsVisible(["town"], !narrow.matches); // a phone's width is for the figures
    api.sizeColumnsToFit();
    if (!before || ![...ALWAYS, ...columns].includes(before.colId)) {
      const state = JSON.parse(root().dataset.sorted)[layer].map(([colId, sort], sortIndex) => ({ colId, sort, sortIndex }));
      api.applyColumnState({ state, defaultState: { sort: null } });
    }
    const filter = town ? { filterType: "text", type: "equals", filter: town } : null;
    api.setColumnFilterModel("town_code", filter).then(() => api.onFilterChanged());
    shown = now;
    root().dataset.shown = now;
    say(layer, town, api);
  }

  /** Which layer and which town the table is of, in words. */
  function say(layer, town, api) {
    const place = root().querySelector("[data-map-table-town]");
    let name = "";
    if (town) api.forEachNode((node) => { if (node.data.town_code === town) name = node.data.town; });
    const words = [JSON.parse(root().dataset.titles)[layer], name].filter(Boolean).join(" · ");
    if (place.textContent !== words) place.textContent = words;
  }

  document.addEventListener("map-window", follow);
  window.addEventListener("versionchange", () => requestAnimationFrame(follow));
  let soon = false;
  new MutationObserver(() => {
    if (soon || !root()) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; follow(); });
  }).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-layer", "data-town"],
  });
})();
