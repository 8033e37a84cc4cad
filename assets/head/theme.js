/* The theme, set before the first paint: from ?theme=, else the reader's last choice, else the system's.
   Stands in the document's head; buttons are any elements with data-set-theme. */
(() => {
  "use strict";
  const THEMES = ["light", "dark"];
  const KEY = "theme";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const inAddress = () => new URLSearchParams(location.search).get("theme");
  const remembered = () => {
    try { return localStorage.getItem(KEY); } catch { return null; } // storage may be forbidden
  };
  const pick = () =>
    [inAddress(), remembered()].find((theme) => THEMES.includes(theme)) ?? (dark.matches ? "dark" : "light");

  function show(theme) {
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme; // Bootstrap's own name for it
    window.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
  }

  function choose(theme) {
    try { localStorage.setItem(KEY, theme); } catch { /* the choice then lasts as long as the page */ }
    const url = new URL(location);
    url.searchParams.set("theme", theme);
    history.replaceState(history.state, "", url);
    show(theme);
  }

  let stated = inAddress();
  show(pick());

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-set-theme]");
    if (!button) return;
    stated = button.dataset.setTheme;
    choose(stated);
  });

  // Links are drawn by the server, which does not know the theme: once it stands in the address it stays there.
  window.addEventListener("_dashprivate_pushstate", () => {
    if (!stated || inAddress()) return;
    const url = new URL(location);
    url.searchParams.set("theme", stated);
    history.replaceState(history.state, "", url);
  });

  dark.addEventListener("change", () => show(pick()));

  // Paper is white.
  let screen = null;
  window.addEventListener("beforeprint", () => { screen = root.dataset.theme; show("light"); });
  window.addEventListener("afterprint", () => { if (screen) show(screen); screen = null; });
})();
