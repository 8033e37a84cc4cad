/* What the phone keeps: entries until the server has acknowledged them, and the last answers and drafts. Shared by
   the page and the service worker. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  let opened = null;

  function open() {
    opened ??= new Promise((done, failed) => {
      const asked = indexedDB.open("clerk", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("entries", { keyPath: "key" });
        asked.result.createObjectStore("kept");
      };
      asked.onsuccess = () => {
        // Another tab may need a newer form of the store: let it.
        asked.result.onversionchange = () => { asked.result.close(); opened = null; };
        asked.result.onclose = () => { opened = null; };
        done(asked.result);
      };
      asked.onerror = () => { opened = null; failed(asked.error); };
    });
    return opened;
  }

  /** Runs `work` on one store; answers what it asked for when the transaction is on the disk. */
  async function within(store, mode, work) {
    const base = await open();
    return new Promise((done, failed) => {
      // What a person entered has to outlive a phone that is switched off now.
      const transaction = base.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
      const asked = work(transaction.objectStore(store));
      transaction.oncomplete = () => done(asked?.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  }

  const entries = () => within("entries", "readonly", (store) => store.getAll());
  const put = (...all) => within("entries", "readwrite", (store) => { for (const entry of all) store.put(entry); });
  const remove = (...keys) => within("entries", "readwrite", (store) => { for (const key of keys) store.delete(key); });
  const get = (name) => within("kept", "readonly", (store) => store.get(name));
  const keep = (name, value) => within("kept", "readwrite", (store) => store.put(value, name));
  const forget = (name) => within("kept", "readwrite", (store) => store.delete(name));

  /** Changes one entry in one transaction; `change` gets it as it is on the disk, or undefined, and answers what is
      to stand there, or null to leave it. */
  async function change(key, change_) {
    return within("entries", "readwrite", (store) => {
      const asked = store.get(key);
      asked.onsuccess = () => {
        const changed = change_(asked.result);
        if (changed) store.put(changed);
      };
      return asked;
    });
  }

  clerk.store = { entries, put, remove, change, get, keep, forget };
})();
