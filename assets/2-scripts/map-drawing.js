/* How the map page is drawn: plain SVG in the colours of the style sheet, without WebGL (docs/decisions/0027). Land,
   reach and cells stand in kilometres under one transform; marks and names keep their size in pixels. */
(() => {
  "use strict";
  const MARGIN = 0.5; // of the window's size drawn beyond each edge, so that it can be moved without drawing anew
  const MOST_MARKS = 600; // sites; beyond, neighbours are drawn as one mark
  const BIN = 56; // pixels a joined mark stands for
  const LETTER = 28, NUMBER = 24; // pixels of a mark that carries one
  const APART = 18; // pixels a numbered mark may be pushed from its true place
  const NEAR = 0.0175, LEAST = 0.55; // km per pixel up to which dots have their full size, and how small they become
  const LINE = 17; // pixels of a label's line
  const TILE = 256;
  const AROUND = 40075.017; // kilometres around the equator
  const STEPS = [1, 2, 5]; // of the scale bar, times powers of ten
  const LAYING = { closed: 0, unknown: 0, missing: 2, late: 2, returned: 2, zero: 2, warn: 3, "fill-warn": 3, crit: 4, "fill-crit": 4 };

  const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const px = (number) => Math.round(number * 10) / 10;

  // ---- forms: what a mark looks like around (0, 0) ----

  const diamond = (r) => `M0 ${-r}L${r} 0 0 ${r} ${-r} 0Z`;
  const triangle = (r) => `M0 ${px(-r)}L${px(r * 0.95)} ${px(r * 0.7)} ${px(-r * 0.95)} ${px(r * 0.7)}Z`;
  const circle = (r, style) => `<circle r="${px(r)}" class="${style}"/>`;

  /** The drawing of a form, `size` pixels across; `step` is its fill, `letter` what stands in it. */
  function form(kind, size, step, letter) {
    const r = size / 2;
    const crossed = px((r + 1.5) * 0.7);
    const least = Math.max(r, 5.5);
    switch (kind) {
      case "dot": return circle(r, "m-dot");
      case "fill": return circle(r, `m-seq m-seq${step}`);
      case "fill-warn": return `${circle(r, `m-seq m-seq${step}`)}<path d="${triangle(r + 5)}" class="m-ring m-warn"/>`;
      case "fill-crit": return `${circle(r, `m-seq m-seq${step}`)}<path d="${diamond(px(r + 5))}" class="m-ring m-crit"/>`;
      case "warn": return `<path d="${triangle(least + 1)}" class="m-solid m-warn"/>`;
      case "crit": {
        const wide = letter ? LETTER / 2 : least + 1.5;
        const said = letter ? `<text class="m-said m-inverse" y="4.3">${escaped(letter)}</text>` : "";
        return `<path d="${diamond(wide)}" class="m-solid m-crit"/>${said}`;
      }
      case "missing": return `${circle(r + 1.5, "m-hollow m-missing")}<path d="M${-crossed} ${-crossed}L${crossed} ${crossed}M${-crossed} ${crossed}L${crossed} ${-crossed}" class="m-missing"/>`;
      case "late": return `${circle(least + 1, "m-hollow m-late")}<path d="M0 ${px(-least * 0.6)}V0H${px(least * 0.5)}" class="m-late"/>`;
      case "returned": return `${circle(least + 1, "m-hollow m-returned")}<path d="M${px(least * 0.5)} ${px(least * 0.4)}V${px(-least * 0.2)}H${px(-least * 0.5)}m2.4 -2.4l-2.4 2.4 2.4 2.4" class="m-returned"/>`;
      case "zero": return circle(Math.max(r, 4.5), "m-hollow m-zero");
      case "closed": return '<rect x="-3" y="-3" width="6" height="6" class="m-closed"/>';
      case "number": return `${circle(NUMBER / 2, "m-number")}<text class="m-said m-ink" y="4.5">${escaped(letter)}</text>`;
      case "reach": return `${circle(8, "m-reach")}${circle(3.4, "m-dot")}`;
      case "cell": return '<rect x="-6" y="-6" width="12" height="12" class="m-cell"/>';
      default: return circle(Math.max(r, 4), "m-hollow m-unknown");
    }
  }

  /** A form for a key or a list, as a picture of its own. */
  function picture(kind, letter = "") {
    const half = kind === "crit" && letter ? 15 : kind === "reach" ? 10 : kind === "number" ? 13 : 9;
    return `<svg class="map" width="${2 * half}" height="${2 * half}" viewBox="${-half} ${-half} ${2 * half} ${2 * half}">${form(kind, 9, 3, letter)}</svg>`;
  }

  // ---- the window ----

  /** Where a point of the plane stands in the drawing; `view` is its middle (x, y) and kilometres per pixel (k). */
  function placing(view, size) {
    return {
      x: (km) => (km - view.x) / view.k + size.width / 2,
      y: (km) => (view.y - km) / view.k + size.height / 2,
    };
  }

  /** Edges of what the reader sees, kilometres; `pixels` are left off at each edge. */
  function edges(view, size, pixels = 0) {
    const [wide, high] = [(size.width / 2 - pixels) * view.k, (size.height / 2 - pixels) * view.k];
    return { west: view.x - wide, east: view.x + wide, south: view.y - high, north: view.y + high };
  }

  /** The land of a town, or of all of them; where there is none, of the sites. Kilometres. */
  function extent(data, town) {
    const box = { west: Infinity, east: -Infinity, south: Infinity, north: -Infinity };
    const widen = (x, y) => {
      box.west = Math.min(box.west, x); box.east = Math.max(box.east, x);
      box.south = Math.min(box.south, y); box.north = Math.max(box.north, y);
    };
    for (const one of data.towns) {
      if (town && one.code !== town) continue;
      for (const ring of one.rings) for (let i = 0; i < ring.length; i += 2) widen(ring[i], ring[i + 1]);
    }
    if (box.west > box.east) for (const site of data.sites) widen(site[3], site[4]);
    return box;
  }

  const holds = (box, x, y) => x >= box.west && x <= box.east && y >= box.south && y <= box.north;

  // ---- land, reach, cells: in kilometres, drawn once for each picture ----

  function path(flat) {
    let written = "";
    for (let i = 0; i < flat.length; i += 2) written += `${i ? "L" : "M"}${flat[i]} ${flat[i + 1]}`;
    return `${written}Z`;
  }

  function ground(data) {
    const land = data.towns.map((town) => `<path class="land" data-town="${escaped(town.code)}" data-step="${town.step}" d="${town.rings.map(path).join("")}"/>`);
    const borders = data.towns.map((town) => `<path class="border" d="${town.rings.map(path).join("")}"/>`);
    const squares = data.cells.map((cells, shade) => {
      // Nine tenths of a cell: neighbours stay apart, as on a chart of squares.
      const drawn = cells.map(([x, y, size]) => (Array.isArray(size) ? size.map(path).join("") : square(x, y, size * 0.9)));
      return `<path class="unserved shade${shade}" d="${drawn.join("")}"/>`;
    });
    const reach = data.reach.length ? `<path class="reach" d="${data.reach.map(path).join("")}"/>` : "";
    return `<g class="lands">${land.join("")}</g><g class="covered">${reach}${squares.join("")}</g>${borders.join("")}`;
  }

  const square = (x, y, half) => `M${px3(x - half)} ${px3(y - half)}h${px3(2 * half)}v${px3(2 * half)}h${px3(-2 * half)}Z`;
  const px3 = (number) => Math.round(number * 1000) / 1000;

  /** The map of where one is: the outlines and the sites, `width` by `height` pixels. */
  function locator(data, box, width, height) {
    const k = Math.max((box.east - box.west) / (width - 12), (box.north - box.south) / (height - 12)) || 1;
    const at = placing({ x: (box.west + box.east) / 2, y: (box.south + box.north) / 2, k }, { width, height });
    const matrix = `matrix(${1 / k} 0 0 ${-1 / k} ${at.x(0)} ${at.y(0)})`;
    const lands = data.towns.map((town) => `<path class="land" d="${town.rings.map(path).join("")}"/>`).join("");
    const dots = data.sites.map((site) => `M${px(at.x(site[3]))} ${px(at.y(site[4]))}h0`).join("");
    return {
      at, k,
      markup: `<svg width="${width}" height="${height}"><g transform="${matrix}">${lands}</g><path class="dots" d="${dots}"/><rect class="here"/></svg>`,
    };
  }

  // ---- marks ----

  /** Sites as marks on the screen, and what can be hit there; those far too many are joined by neighbourhood. */
  function marks(data, chosen) {
    const { view, size, layer, town, letters } = chosen;
    const at = placing(view, size);
    const shown = edges(view, size, -MARGIN * Math.max(size.width, size.height));
    const shrunk = Math.min(1, Math.max(LEAST, Math.sqrt(NEAR / view.k)));
    const found = [];
    data.sites.forEach((site, index) => {
      if (!holds(shown, site[3], site[4])) return;
      const mark = data.marks[layer][index];
      const other = town !== "" && site[2] !== town;
      const across = site[5] * shrunk;
      found.push({ index, site, kind: mark[0], step: mark[1], other, letter: letters.get(index) ?? "", across, x: at.x(site[3]), y: at.y(site[4]), r: Math.max(across / 2, 6) });
    });
    if (found.length > MOST_MARKS) return [...joined(found.filter(({ letter }) => !letter)), ...found.filter(({ letter }) => letter)];
    const rank = (mark) => (mark.other ? -1 : mark.letter ? 9 : (LAYING[mark.kind] ?? 1));
    found.sort((one, two) => rank(one) - rank(two));
    return found;
  }

  function joined(found) {
    const bins = new Map();
    for (const mark of found) {
      const key = `${Math.floor(mark.x / BIN)} ${Math.floor(mark.y / BIN)}`;
      const bin = bins.get(key) ?? { members: [], x: 0, y: 0, kinds: {} };
      bin.members.push(mark);
      bin.x += mark.x;
      bin.y += mark.y;
      const kind = mark.kind.replace("fill-", "");
      bin.kinds[kind] = (bin.kinds[kind] ?? 0) + 1;
      bins.set(key, bin);
    }
    return [...bins.values()].map(({ members, x, y, kinds }) => {
      if (members.length === 1) return members[0];
      const worst = ["crit", "missing", "warn"].find((kind) => kinds[kind]) ?? "";
      const r = Math.min(9 + 4.4 * Math.log10(members.length), BIN / 2 - 4);
      return { members, worst, count: kinds[worst] ?? 0, x: x / members.length, y: y / members.length, r };
    });
  }

  function drawnMark(mark) {
    const place = `transform="translate(${px(mark.x)} ${px(mark.y)})"`;
    if (mark.members) {
      const worst = mark.worst ? `<g transform="translate(${px(mark.r * 0.75)} ${px(-mark.r * 0.75)})">${form(mark.worst, 8, 0, "")}</g>` : "";
      return `<g ${place}>${circle(mark.r, "m-joined")}<text class="m-said" y="4.3">${mark.members.length}</text>${worst}</g>`;
    }
    return `<g ${place}${mark.other ? ' class="other"' : ""}>${form(mark.kind, mark.across, mark.step, mark.letter)}</g>`;
  }

  /** Push marks that carry a letter or a number apart, at most APART pixels from where they belong. */
  function pushApart(heavy) {
    for (const mark of heavy) Object.assign(mark, { fromX: mark.x, fromY: mark.y });
    for (let turn = 0; turn < 12; turn += 1) {
      for (let i = 0; i < heavy.length; i += 1) {
        for (let j = i + 1; j < heavy.length; j += 1) {
          const [one, two] = [heavy[i], heavy[j]];
          let [dx, dy] = [two.x - one.x, two.y - one.y];
          const between = Math.hypot(dx, dy);
          const short = (LETTER + NUMBER) / 2 - between;
          if (short <= 0) continue;
          if (!between) [dx, dy] = [1, 0];
          const push = short / 2 / (between || 1);
          one.x -= dx * push; one.y -= dy * push;
          two.x += dx * push; two.y += dy * push;
        }
      }
      for (const mark of heavy) {
        const away = Math.hypot(mark.x - mark.fromX, mark.y - mark.fromY);
        if (away > APART) {
          mark.x = mark.fromX + ((mark.x - mark.fromX) * APART) / away;
          mark.y = mark.fromY + ((mark.y - mark.fromY) * APART) / away;
        }
      }
    }
  }

  // ---- names of the towns ----

  const widthOf = (text) => [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2000 ? 14 : 7.8), 0);

  function inside(x, y, rings) {
    let within = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        const [x1, y1, x2, y2] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
        if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) within = !within;
      }
    }
    return within;
  }

  /** A place for each town's name: in its own land, in the window, on no control, no heavy mark and no other name, on
      as few sites as can be. A town without such a place has no label. */
  function labels(data, chosen, points, blocked) {
    const { view, size, layer } = chosen;
    const at = placing(view, size);
    const taken = [...blocked];
    const found = [];
    for (const town of data.towns) {
      const [said, state] = town.labels[layer];
      const [wide, high] = [Math.max(widthOf(town.name), widthOf(said)) / 2 + 4, (said ? 2 : 1) * LINE / 2 + 2];
      const xs = town.rings.flatMap((ring) => ring.filter((_, i) => i % 2 === 0));
      const ys = town.rings.flatMap((ring) => ring.filter((_, i) => i % 2 === 1));
      const west = Math.max(at.x(Math.min(...xs)), wide + 8), east = Math.min(at.x(Math.max(...xs)), size.width - wide - 8);
      const north = Math.max(at.y(Math.max(...ys)), high + 8), south = Math.min(at.y(Math.min(...ys)), size.height - high - 8);
      let best = null;
      for (let i = 0; i <= 12; i += 1) {
        for (let j = 0; j <= 12; j += 1) {
          const [x, y] = [west + ((east - west) * i) / 12, north + ((south - north) * j) / 12];
          if (east < west || south < north) continue;
          const box = { west: x - wide, east: x + wide, top: y - high, bottom: y + high };
          if (taken.some((other) => meet(box, other))) continue;
          const km = (part) => view.x + (part - size.width / 2) * view.k;
          const kmY = view.y - (y - size.height / 2) * view.k;
          if (!inside(km(x), kmY, town.rings)) continue;
          let cost = 4 * Math.hypot(i - 6, j - 6) / 12;
          for (const side of [-wide, wide]) if (!inside(km(x + side), kmY, town.rings)) cost += 6;
          for (const point of points) if (Math.abs(point.x - x) < wide + point.r && Math.abs(point.y - y) < high + point.r) cost += point.members ? 20 : 5;
          if (!best || cost < best.cost) best = { cost, x, y, box };
        }
      }
      if (!best) continue;
      taken.push(best.box);
      found.push({ town, said, state, x: view.x + (best.x - size.width / 2) * view.k, y: view.y - (best.y - size.height / 2) * view.k });
    }
    return found;
  }

  const meet = (one, two) => one.west < two.east && two.west < one.east && one.top < two.bottom && two.top < one.bottom;

  function drawnLabel(label, at) {
    const [x, y] = [px(at.x(label.x)), px(at.y(label.y))];
    const line = label.said ? `<tspan x="${x}" dy="${LINE}" class="${label.state}">${escaped(label.said)}</tspan>` : "";
    return `<text class="town" x="${x}" y="${y - (label.said ? 4 : -5)}"><tspan class="name">${escaped(label.town.name)}</tspan>${line}</text>`;
  }

  // ---- the scale, and tiles where the operator has a server for them ----

  /** A round length near 100 pixels: kilometres. */
  function scale(k) {
    const wanted = 120 * k;
    const power = 10 ** Math.floor(Math.log10(wanted));
    return Math.max(...STEPS.map((step) => step * power).filter((length) => length <= wanted));
  }

  /** The tiles under the window: address and place in pixels. Web Mercator, laid on the plane by their corners. */
  function tiles(template, origin, view, size) {
    const [lon0, lat0, kmPerDegree] = origin;
    const east = kmPerDegree * Math.cos((lat0 * Math.PI) / 180);
    const z = Math.max(0, Math.min(19, Math.round(Math.log2((AROUND * Math.cos((lat0 * Math.PI) / 180)) / TILE / view.k))));
    const count = 2 ** z;
    const column = (km) => ((lon0 + km / east + 180) / 360) * count;
    const row = (km) => {
      const lat = ((lat0 + km / kmPerDegree) * Math.PI) / 180;
      return ((1 - Math.log(Math.tan(lat) + 1 / Math.cos(lat)) / Math.PI) / 2) * count;
    };
    const x = (tile) => ((tile / count) * 360 - 180 - lon0) * east;
    const y = (tile) => ((Math.atan(Math.sinh(Math.PI * (1 - (2 * tile) / count))) * 180) / Math.PI - lat0) * kmPerDegree;
    const at = placing(view, size);
    const box = edges(view, size);
    const found = [];
    for (let i = Math.floor(column(box.west)); i <= Math.floor(column(box.east)); i += 1) {
      for (let j = Math.floor(row(box.north)); j <= Math.floor(row(box.south)); j += 1) {
        if (i < 0 || j < 0 || i >= count || j >= count) continue;
        const [left, top] = [at.x(x(i)), at.y(y(j))];
        const href = template.replace("{z}", z).replace("{x}", i).replace("{y}", j);
        found.push({ href, x: left, y: top, width: at.x(x(i + 1)) - left, height: at.y(y(j + 1)) - top });
      }
    }
    return found;
  }

  /** Tiles that are there already stay: they are not fetched again. */
  function layTiles(layer, wanted) {
    const kept = new Map([...layer.children].map((image) => [image.getAttribute("href"), image]));
    layer.replaceChildren(...wanted.map(({ href, ...box }) => {
      const image = kept.get(href) ?? document.createElementNS("http://www.w3.org/2000/svg", "image");
      if (!kept.has(href)) image.setAttribute("href", href);
      image.setAttribute("preserveAspectRatio", "none");
      for (const [name, value] of Object.entries(box)) image.setAttribute(name, value);
      return image;
    }));
  }

  window.command = Object.assign(window.command ?? {}, {
    map: { MARGIN, placing, edges, holds, ground, locator, marks, drawnMark, pushApart, labels, drawnLabel, scale, tiles, layTiles, form, picture, extent },
  });
})();
