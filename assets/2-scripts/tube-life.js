/* The line in which a tube is looked for: what is typed goes into the address, and the page is drawn anew. On other
   pages it leads to the tube's page. */
(() => {
  "use strict";
  const line = (form) => form.querySelector("input");

  /** Dash's input takes a value only through the setter that React watches. */
  function write(input, value) {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
  }

  function find(form) {
    const typed = line(form).value.trim();
    if (!typed) return;
    const address = new URL(form.dataset.tubeFind, location.href);
    address.searchParams.set("barcode", typed);
    if (location.pathname !== address.pathname) { location.assign(address); return; }
    history.pushState({}, "", address);
    window.command.askAgain();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("[data-tube-find]");
    if (!form) return;
    event.preventDefault();
    find(form);
  });

  // The line shows what the page shows: also after going back, or after following a link to another tube.
  window.addEventListener("panelsdrawn", () => {
    const input = document.querySelector(".tl-find input");
    const asked = new URLSearchParams(location.search).get("barcode") ?? "";
    if (input && document.activeElement !== input && input.value !== asked) write(input, asked);
    // The same tube in the other language.
    if (!document.querySelector(".app-tube")) return;
    for (const link of document.querySelectorAll(".tools .seg a[lang]")) {
      const address = new URL(link.href);
      if (asked) address.searchParams.set("barcode", asked); else address.searchParams.delete("barcode");
      link.href = address;
    }
  });
})();
