// Keeps the counts of rules up to date, and says when the rules have been changed elsewhere. The page reads without it.
"use strict";
(() => {
  const live = document.getElementById("live");
  const changed = document.getElementById("changed");
  if (!live || !window.EventSource) return;
  const PAUSE = 1000; // milliseconds between two looks
  let known = "", busy = false, again = false;

  const look = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const response = await fetch(location.href, { cache: "no-store" });
      if (!response.ok) throw new Error(String(response.status));
      const made = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const cell of document.querySelectorAll("[data-live]")) {
        const fresh = made.querySelector('[data-live="' + cell.dataset.live + '"]');
        if (fresh && fresh.textContent !== cell.textContent) cell.replaceChildren(...fresh.childNodes);
      }
    } catch { live.textContent = live.dataset.off; } finally {
      setTimeout(() => {
        busy = false;
        if (again) { again = false; look(); }
      }, PAUSE);
    }
  };

  const source = new EventSource("/api/journal/stream?form=sums");
  source.onopen = () => { live.textContent = live.dataset.on; live.className = "on"; };
  source.onerror = () => { live.textContent = live.dataset.off; live.className = "off"; };
  source.addEventListener("sums", (event) => {
    const sums = JSON.parse(event.data);
    if (String(sums.rules_version) !== changed.dataset.version) changed.hidden = false;
    else if (known !== String(sums.exchanges)) look();
    known = String(sums.exchanges);
  });
})();
