// Keeps the journal's page up to date and its tree small. Pages are made by the server; what is out of sight is taken
// out and fetched again when it comes near. Without this script the same pages are turned by links.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const byId = (identity) => document.getElementById(identity);
  const say = (words, count) => words.replace("{0}", String(count));
  const put = (identity, text) => { const node = byId(identity); if (node) node.textContent = String(text); };

  const follow = (told) => {
    const source = new EventSource("/api/journal/stream?form=sums");
    source.onopen = () => { live.textContent = live.dataset.on; live.className = "on"; };
    source.onerror = () => { live.textContent = live.dataset.off; live.className = "off"; };
    source.addEventListener("sums", (event) => told(JSON.parse(event.data)));
  };

  const load = async (query) => {
    const response = await fetch(location.pathname + (query ? "?" + query : ""), { cache: "no-store" });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  // The list of messages is short: it is put in anew as a whole, unless the reader stands in it.
  const mail = byId("mail");
  if (mail) {
    let known = -1;
    follow(async (sums) => {
      put("messages", sums.messages);
      const state = sums.messages + " " + sums.kept_messages;
      if (known === -1 || known === state || mail.dataset.follows !== "1" || mail.contains(document.activeElement)) {
        known = state;
        return;
      }
      known = state;
      try {
        const made = (await load(location.search.slice(1))).getElementById("mail");
        if (made) mail.replaceChildren(...made.childNodes);
      } catch { live.textContent = live.dataset.off; }
    });
    return;
  }

  const feed = byId("journal");
  if (!feed) return;
  const sieve = byId("sieve");
  const news = byId("news");
  const announce = byId("announce");
  const MARGIN = 1500; // pixels beyond the window in which parts are kept
  const FULL = 30; // exchanges of a part; a part that has them grows no more
  const PAUSE = 400, SLOW_PAUSE = 1500, TYPING = 350, ANNOUNCE = 4000; // milliseconds

  let parts = []; // newest first: { node, low, high, count, articles, height }
  let sums = null;
  let seen = Number(byId("total").textContent);
  let busy = false, again = false, generation = 0;

  const question = (places) => {
    const fields = new URLSearchParams(new FormData(sieve));
    for (const [name, value] of [...fields]) if (!value.trim()) fields.delete(name);
    for (const [name, value] of Object.entries(places)) fields.set(name, String(value));
    return fields.toString();
  };
  const filtered = () => question({}) !== "";

  const part = (node) => ({
    node,
    low: Number(node.dataset.low), high: Number(node.dataset.high),
    newer: node.dataset.newer === "1", older: node.dataset.older === "1",
    count: node.querySelectorAll(".exchange").length, articles: node.children.length,
    full: true, wanted: false,
  });

  // Screen readers are told where an article stands among those that the page knows of.
  const number = () => {
    let place = 0;
    for (const [name, value] of [["role", "feed"], ["aria-labelledby", "exchanges"]]) {
      if (parts.length) feed.setAttribute(name, value);
      else feed.removeAttribute(name); // a feed without articles is none
    }
    const open = parts.length && parts[parts.length - 1].older || parts.length && parts[0].newer;
    const size = open ? -1 : parts.reduce((sum, each) => sum + each.articles, 0);
    for (const each of parts) {
      if (each.full) {
        for (const article of each.node.children) {
          place += 1;
          article.setAttribute("aria-posinset", String(place));
          article.setAttribute("aria-setsize", String(size));
        }
      } else place += each.articles;
    }
  };

  const empty = (each) => {
    each.node.style.height = each.node.getBoundingClientRect().height + "px";
    each.node.replaceChildren();
    each.full = false;
  };

  const fill = async (each) => {
    if (each.full || each.wanted) return;
    each.wanted = true;
    const mine = generation;
    try {
      const made = (await load(question({ after: each.low - 1, before: each.high + 1 }))).querySelector(".chunk");
      if (mine !== generation || each.full) return;
      each.node.replaceChildren(...made.children);
      each.articles = each.node.children.length;
      if (!each.articles) each.node.append(note(feed.dataset.gone));
    } catch {
      each.node.replaceChildren(note(feed.dataset.failed));
    } finally { each.wanted = false; }
    each.node.style.height = "";
    each.full = true;
    number();
  };

  const note = (words) => {
    const node = document.createElement("p");
    node.className = "quiet";
    node.textContent = words;
    return node;
  };

  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const each = parts.find((one) => one.node === entry.target);
      if (!each) continue;
      if (entry.isIntersecting) fill(each);
      else if (each.full && !each.node.contains(document.activeElement)) empty(each);
    }
  }, { rootMargin: MARGIN + "px 0px" });

  const ends = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) extend();
  }, { rootMargin: MARGIN + "px 0px" });

  const adopt = (node) => document.adoptNode(node);

  // Older ones as the end comes near; newer ones where the page was opened in the midst.
  let extending = false;
  const near = (node) => {
    const box = node.getBoundingClientRect();
    return box.top < innerHeight + MARGIN && box.bottom > -MARGIN;
  };
  const extend = async () => {
    if (extending || !parts.length) return;
    extending = true;
    const mine = generation;
    try {
      for (;;) {
        const last = parts[parts.length - 1], first = parts[0];
        const down = last.older && near(byId("turn"));
        const up = !down && first.newer && near(byId("exchanges"));
        if (!down && !up) break;
        feed.setAttribute("aria-busy", "true");
        const made = await load(question(down ? { before: last.low } : { after: first.high }));
        if (mine !== generation) return;
        const found = part(adopt(made.querySelector(".chunk")));
        if (!found.count) { if (down) last.older = false; else first.newer = false; break; }
        if (down) { parts.push(found); feed.append(found.node); }
        else {
          const height = document.documentElement.scrollHeight, place = scrollY;
          parts.unshift(found);
          feed.prepend(found.node);
          if (scrollY === place) scrollTo(scrollX, place + document.documentElement.scrollHeight - height);
        }
        sight.observe(found.node);
        number();
        await new Promise(requestAnimationFrame);
      }
    } catch { live.textContent = live.dataset.off; } finally {
      feed.removeAttribute("aria-busy");
      extending = false;
    }
  };

  const take = (made) => {
    generation += 1;
    sight.disconnect();
    const found = part(adopt(made.querySelector(".chunk")));
    parts = found.count ? [found] : [];
    feed.replaceChildren(found.node);
    for (const identity of ["summary", "turn"]) {
      const from = made.getElementById(identity), to = byId(identity);
      if (from && to) to.replaceChildren(...from.childNodes);
    }
    for (const identity of ["har", "jsonl", "transcript"]) byId(identity).href = made.getElementById(identity).href;
    const mine = byId("clear"), theirs = made.getElementById("clear");
    mine.elements.key.value = theirs.elements.key.value;
    mine.querySelector("button").textContent = theirs.querySelector("button").textContent;
    seen = Number(made.getElementById("total").textContent);
    news.hidden = true;
    if (parts.length) sight.observe(found.node);
    number();
    extend();
  };

  const renew = async () => { take(await load(question({}))); };

  // Dialogues that go on get their new exchanges at their end, new ones stand first: nothing that is read moves.
  const merge = (each, made) => {
    let came = 0;
    const arrive = (node) => {
      for (const item of node.matches(".exchange") ? [node] : node.querySelectorAll(".exchange")) {
        item.classList.add("exchange-new");
        came += 1;
      }
      return node;
    };
    for (const article of [...made.children].reverse()) {
      const known = byId(article.id);
      if (!known) { each.node.prepend(arrive(adopt(article))); continue; }
      const list = known.querySelector(".journal");
      for (const item of [...article.querySelectorAll(".exchange")]) {
        if (!byId(item.id)) list.append(arrive(adopt(item)));
      }
    }
    const fresh = part(made);
    each.high = Math.max(each.high, fresh.high);
    each.newer = fresh.newer;
    each.count = each.node.querySelectorAll(".exchange").length;
    each.articles = each.node.children.length;
    return came;
  };

  const atTop = () => byId("exchanges").getBoundingClientRect().bottom > -MARGIN / 3;

  let heard = 0, told = 0;
  const tell = (count) => {
    heard += count;
    const wait = Math.max(0, told + ANNOUNCE - Date.now());
    if (heard && !tell.waiting) {
      tell.waiting = setTimeout(() => {
        tell.waiting = 0;
        told = Date.now();
        announce.textContent = say(announce.dataset.words, heard);
        heard = 0;
      }, wait);
    }
  };

  const arrive = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const first = parts[0];
      if (first && first.high <= sums.dropped) { await renew(); return; } // cleared
      if (sums.exchanges <= seen) return;
      if (first && first.newer) return; // the page was opened in the midst
      if (!atTop()) {
        news.textContent = filtered() ? news.dataset.some : say(news.dataset.words, sums.exchanges - seen);
        news.hidden = false;
        return;
      }
      const missed = sums.dropped - seen;
      if (missed > 0) {
        const gap = byId("gap");
        gap.dataset.count = String(Number(gap.dataset.count || 0) + missed);
        gap.textContent = say(gap.dataset.words, gap.dataset.count);
        gap.hidden = false;
      }
      if (!first || sums.exchanges - seen > 2 * FULL || missed > 0) { await renew(); return; }
      const full = first.count >= FULL;
      const mine = generation;
      const made = await load(question({ after: full ? first.high : first.low - 1 }));
      if (mine !== generation) return;
      const chunk = made.querySelector(".chunk");
      const count = Number(made.getElementById("total").textContent);
      const found = part(chunk);
      if (found.newer) { await renew(); return; } // more came than one part holds
      seen = count;
      if (!found.count || !first.full) return;
      let came = found.count;
      if (full) {
        const next = part(adopt(chunk));
        for (const item of next.node.querySelectorAll(".exchange")) item.classList.add("exchange-new");
        parts.unshift(next);
        feed.prepend(next.node);
        sight.observe(next.node);
      } else came = merge(first, chunk);
      number();
      tell(came);
    } catch { live.textContent = live.dataset.off; } finally {
      setTimeout(() => {
        busy = false;
        if (again) { again = false; arrive(); }
      }, filtered() ? SLOW_PAUSE : PAUSE);
    }
  };

  news.addEventListener("click", async () => {
    try {
      await renew();
      byId("exchanges").scrollIntoView();
      feed.querySelector("article")?.focus({ preventScroll: true });
    } catch { live.textContent = live.dataset.off; }
  });

  addEventListener("scroll", () => { if (!news.hidden && atTop()) { news.hidden = true; arrive(); } }, { passive: true });

  let typing = 0;
  const ask = (wait) => {
    clearTimeout(typing);
    typing = setTimeout(async () => {
      const query = question({});
      history.replaceState(null, "", location.pathname + (query ? "?" + query : ""));
      try { await renew(); } catch { live.textContent = live.dataset.off; }
    }, wait);
  };
  sieve.addEventListener("input", () => ask(TYPING));
  sieve.addEventListener("submit", (event) => { event.preventDefault(); ask(0); });

  // Page keys go from dialogue to dialogue, as readers of a feed expect (WAI-ARIA APG, feed).
  feed.addEventListener("keydown", (event) => {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (!step || event.target.closest("pre")) return;
    const articles = [...feed.querySelectorAll("article")];
    const next = articles[articles.indexOf(event.target.closest("article")) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });

  const begun = part(feed.querySelector(".chunk"));
  if (begun.count) { parts = [begun]; sight.observe(begun.node); }
  ends.observe(byId("turn"));
  addEventListener("scroll", extend, { passive: true });
  number();
  extend();
  follow((found) => {
    sums = found;
    put("total", found.exchanges);
    put("dropped", found.dropped);
    put("messages", found.messages);
    arrive();
  });
})();
