/* The lists beside the map: the clusters and the worst sites of its window. `listed(x, y, town)` says what is in it. */
(() => {
  "use strict";
  const LISTED = 6;
  const BEYOND = 1.6; // a bar's end, in limits: its tick stands at the limit
  const LIMITED = ["coverage", "load", "queue"];

  /** The worst sites in the window, the worst first. */
  function worst(data, layer, listed) {
    const marks = data.marks[layer];
    const here = [];
    data.sites.forEach((site, index) => {
      const rank = marks[index][4];
      if (rank !== null && listed(site[3], site[4], site[2])) here.push({ index, site, mark: marks[index], rank });
    });
    return here.sort((one, two) => two.rank - one.rank || (one.site[0] < two.site[0] ? -1 : 1)).slice(0, LISTED);
  }

  /** The clusters in the window; they come with most people first. */
  const clusters = (data, listed) => data.clusters.filter(([, x, y, , town]) => listed(x, y, town)).slice(0, LISTED);

  function node(tag, className, ...children) {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...children);
    return made;
  }

  /** A share of its limit, with the limit's tick; or of the whole, which has none. */
  function bar(share, colour, limited) {
    const end = limited ? BEYOND : 1;
    const fill = node("i", "");
    fill.style.width = `${(Math.min(share / end, 1) * 100).toFixed(1)}%`;
    const track = node("span", `bar ${colour}`, fill);
    if (limited) {
      const tick = node("u", "");
      tick.style.left = `${(100 / end).toFixed(1)}%`;
      track.append(tick);
    }
    return track;
  }

  function row({ index, site, mark }, data, layer, letters) {
    const [form, , written, beside, , share] = mark;
    // Beside coverage, which marks no more than what is over the limit, the list is that of the load.
    const [kind] = data.marks[layer === "coverage" ? "load" : layer][index];
    const colour = kind.endsWith("crit") ? "crit" : kind.endsWith("warn") || kind === "late" ? "warn" : "";
    const sign = node("i", "map-form");
    sign.innerHTML = window.command.map.picture(form, letters.get(index) ?? "");
    const name = node("button", "map-site", sign, node("b", "ell", site[1]));
    Object.assign(name, { type: "button", title: site[1] });
    name.dataset.site = site[0]; // a click opens its drawer
    const middle = share === null ? node("span", "") : bar(share, colour, LIMITED.includes(layer));
    return node("div", "map-row", name, middle, node("span", `r b ${colour}`, written), node("span", "r mut", beside));
  }

  // Only what changes: a change of what is hidden is a reason to look at the lists again.
  function hide(part, hidden) { if (part.hidden !== hidden) part.hidden = hidden; }

  /** Write the list of the layer shown, number the clusters of the window, hide everything else. */
  function show(main, data, layer, { listed, letters, clusters: here }) {
    for (const part of main.querySelectorAll("[data-of]")) hide(part, part.dataset.of !== layer);
    const list = main.querySelector("[data-of]:not([hidden]) .map-worst");
    if (list) {
      const rows = listed.map((found) => row(found, data, layer, letters));
      list.replaceChildren(...(rows.length ? rows : [node("div", "map-none faint t12", list.dataset.empty)]));
    }
    const numbers = new Map(here.map(([number], i) => [String(number), i + 1]));
    for (const part of main.querySelectorAll("[data-cluster]")) {
      const number = numbers.get(part.dataset.cluster);
      hide(part, number === undefined);
      const sign = part.querySelector(".no");
      if (sign && number !== undefined && sign.textContent !== String(number)) sign.textContent = number;
    }
    for (const none of main.querySelectorAll("[data-no-cluster]")) hide(none, numbers.size > 0);
  }

  // Beside the drawing, which is loaded before (the assets go by name).
  Object.assign(window.command.map, { lists: { worst, clusters, show, node } });
})();
