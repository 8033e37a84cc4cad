/* Elements without markup in strings: whatever is text stays text. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});

  /** `h("p", {class: "x", onclick: f}, "text", node, null, [more])`. */
  function h(tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "value") node.value = value;
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  /** An icon, for eyes only: the word stands beside it. */
  const icon = (name, more = "") => h("i", { class: `ic ic-${name} ${more}`.trim(), "aria-hidden": "true" });

  /** A choice among tiles, one of which may be chosen. */
  function tiles(label, options, chosen, choose, columns = options.length) {
    const group = h("div", { class: `tiles of-${columns}`, role: "radiogroup", "aria-label": label });
    const show = (value) => {
      for (const tile of group.children) {
        const on = tile.dataset.value === value;
        tile.setAttribute("aria-checked", String(on));
        tile.tabIndex = on || (!value && tile === group.firstChild) ? 0 : -1;
      }
    };
    const take = (value) => { show(value); choose(value); };
    for (const [value, word] of options) {
      group.append(h("button", {
        type: "button", class: "tap", role: "radio", "data-value": value, onclick: () => take(value),
      }, icon("tick"), word));
    }
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...group.children];
      const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      next.focus();
      take(next.dataset.value);
    });
    show(chosen ?? "");
    return group;
  }

  Object.assign(clerk, { h, icon, tiles });
})();
