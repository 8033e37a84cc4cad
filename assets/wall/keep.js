/* What a screen keeps over a reload: its last good picture, what it was last told, and which severe findings it has
   shown. One entry per scene, each overwritten in place: what is kept does not grow. */
(() => {
  "use strict";
  const PREFIX = "screen.";

  function read(name) {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + name));
    } catch {
      return null; // a private window, or a half-written entry: nothing is kept
    }
  }

  function write(name, value) {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // Full: better no older picture than none of now.
      forget();
      try { localStorage.setItem(PREFIX + name, JSON.stringify(value)); } catch { /* this screen keeps nothing */ }
    }
  }

  function forget() {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    } catch { /* nothing was kept */ }
  }

  window.wall.keep = { read, write, forget };
})();
