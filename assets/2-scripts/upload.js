/* The file choosers of the pages that import: Dash gives their inputs no name, so a screen reader hears what eyes
   read. */
(() => {
  "use strict";
  new MutationObserver(() => {
    for (const chooser of document.querySelectorAll("#upload-file, #area-file")) {
      const input = chooser.querySelector("input[type=file]:not([aria-label])");
      const words = chooser.querySelector("b");
      if (input && words) input.setAttribute("aria-label", words.textContent);
    }
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
