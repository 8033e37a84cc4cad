/* The sign-in page: look at what one types, and be told when capitals are on. Everything works without it. */
(() => {
  "use strict";
  for (const eye of document.querySelectorAll("[data-show]")) {
    const field = document.getElementById(eye.dataset.show);
    eye.hidden = false;
    eye.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      eye.setAttribute("aria-pressed", String(!shown));
      field.focus();
    });
  }
  for (const note of document.querySelectorAll("[data-caps]")) {
    const field = document.getElementById(note.dataset.caps);
    for (const name of ["keydown", "keyup"]) {
      field.addEventListener(name, (event) => { note.hidden = !event.getModifierState?.("CapsLock"); });
    }
  }
})();
