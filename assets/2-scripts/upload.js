/* The file chooser of the import page: Dash gives its input no name, so a screen reader hears what eyes read. */
(() => {
  "use strict";
  new MutationObserver(() => {
    const input = document.querySelector("#upload-file input[type=file]:not([aria-label])");
    const words = document.querySelector("#upload-file b");
    if (input && words) input.setAttribute("aria-label", words.textContent);
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
