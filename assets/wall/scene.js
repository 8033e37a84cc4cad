/* Makes elements of a scene's snapshot (views/wall.py): panels are trees of html parts and SVG nodes. Nothing here
   keeps anything; a scene that is taken off the stage is gone. */
(() => {
  "use strict";
  const HTML = "dash_html_components";
  const SVG = "http://www.w3.org/2000/svg";
  const NAMES = { className: "class", tabIndex: "tabindex" };
  const ICONS = { miss: "ic-miss miss" }; // a missing report is not coloured: it gets its ring

  /** The element, or text, of one part of a tree. */
  function build(part) {
    if (part === null || part === undefined) return document.createTextNode("");
    if (Array.isArray(part)) {
      const all = document.createDocumentFragment();
      for (const one of part) all.append(build(one));
      return all;
    }
    if (typeof part !== "object") return document.createTextNode(String(part));
    const drawn = part.namespace === "svg";
    if (!drawn && part.namespace !== HTML) throw new Error(`not for a wall: ${part.namespace}`);
    const node = drawn ? document.createElementNS(SVG, part.type) : document.createElement(part.type.toLowerCase());
    for (const [name, value] of Object.entries(part.props)) {
      if (name === "children" || value === null) continue;
      if (name === "style") for (const [what, how] of Object.entries(value)) node.style.setProperty(what, how);
      else if (!name.startsWith("on")) node.setAttribute(NAMES[name] ?? name, value);
    }
    node.append(build(part.props.children));
    return node;
  }

  /** The headline: a clause each, the state on the bad one alone. */
  function headline(clauses) {
    const line = document.createElement("h1");
    line.className = "msg";
    for (const { text, state, after } of clauses) {
      const clause = document.createElement("span");
      clause.className = "clause";
      if (ICONS[state]) {
        const mark = document.createElement("i");
        mark.className = `ic ${ICONS[state]}`;
        mark.setAttribute("aria-hidden", "true");
        clause.append(mark);
      }
      const said = document.createElement("span");
      said.className = ICONS[state] ? "" : state;
      said.textContent = text;
      const comma = document.createElement("span");
      comma.textContent = after;
      clause.append(said, comma);
      line.append(clause, document.createElement("wbr"));
    }
    return line;
  }

  /** One line at 64, else two at 48 broken between clauses, else without its last clause. Needs its place. */
  function fit(line) {
    const tooWide = () => line.scrollWidth > line.clientWidth + 1;
    const tooHigh = () => line.scrollHeight > 2.6 * parseFloat(getComputedStyle(line).fontSize);
    line.classList.remove("two", "free");
    if (!tooWide()) return;
    line.classList.add("two");
    for (;;) {
      const clauses = line.querySelectorAll(".clause");
      if (!(tooWide() || tooHigh())) return;
      if (clauses.length < 2) { line.classList.add("free"); return; } // the only one there is may break in itself
      clauses[clauses.length - 1].nextSibling?.remove();
      clauses[clauses.length - 1].remove();
      clauses[clauses.length - 2].lastChild.textContent = "";
    }
  }

  /** A scene of its snapshot: `form` is `wide` or `tall`, `clauses` the wording of its headline, `panels` those of one
      of its cases instead of its own. Null where the scene has no such form. */
  function scene(slug, snapshot, form, clauses = snapshot.headline, panels = snapshot.panels) {
    if (!panels[form]) return null;
    const section = document.createElement("section");
    section.className = "scene";
    section.dataset.scene = slug;
    section.lang = snapshot.language;
    section.append(headline(clauses), build(panels[form]));
    return section;
  }

  window.wall = Object.assign(window.wall ?? {}, { build, headline, fit, scene });
})();
