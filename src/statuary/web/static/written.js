// The site as files: does on the page what a server would do. Searches, leads from the forms to comparisons and
// translations, and from the root to the reader's language. Nothing is asked of another origin.
"use strict";
(() => {
  const MAX_RESULTS = 40, MAX_TERMS = 20, MAX_NEAR = 5, MAX_CHOICES = 24, MAX_QUERY_CHARACTERS = 200,
    MAX_MANUAL = 6;

  const languages = document.getElementById("languages");
  if (languages) {
    const links = new Map([...languages.querySelectorAll("a")].map((link) => [link.lang, link]));
    for (const wanted of navigator.languages || [navigator.language]) {
      const link = links.get(wanted.toLowerCase()) || links.get(wanted.split("-")[0].toLowerCase());
      if (link) return location.replace(link.href);
    }
    return;
  }

  const place = document.getElementById("written");
  if (!place) return;
  const root = new URL(place.dataset.root, location.href);
  const home = new URL(place.dataset.home, location.href);
  const asked = new URLSearchParams(location.search);

  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };
  const say = (label, text = "") => make("p", {}, place.dataset[label].replace("{0}", text));
  const page = (path) => new URL(path.split("/").map(encodeURIComponent).join("/") + "/", home).href;

  // Words in one form, as the server folds them: no case, no accents on Latin letters; other scripts keep their marks.
  const fold = (text) => text.normalize("NFC").toLowerCase()
    .replace(/[\u00c0-\u024f]/g, (letter) => letter.normalize("NFD")[0])
    .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/ß/g, "ss");

  class Entry {
    constructor([id, value, title, mark, status, owner, names, summary, english, weight], protocols) {
      Object.assign(this, { id, value, title, mark, status, owner, summary, english, weight });
      this.protocol = id.slice(0, id.indexOf("/"));
      this.shown = `${protocols[this.protocol]} ${value}`;
      this.plain = fold(value);
      this.names = fold(names);
      this.name = fold(title);
      this.text = `${this.names} ${fold(summary)}`;
    }

    // Short Latin words count only as whole words: "no" is not in "unknown".
    holds(word) {
      if (word.length > 2 || !/^[\x21-\x7e]+$/.test(word)) return this.text.includes(word);
      this.whole ??= new Set(this.text.match(/[\p{L}\p{M}\p{N}]+/gu));
      return this.whole.has(word);
    }

    link() {
      const anchor = make("a", { className: `ref class-${this.mark}`, href: page(this.id) },
        make("span", { className: `mark mark-${this.mark}`, ariaHidden: "true" }),
        make("span", { className: "ref-value", translate: false }, this.shown));
      if (this.title !== this.value) anchor.append(" ", make("span", { lang: "en", translate: false }, this.title));
      if (this.owner) anchor.append(" ", make("span", { className: "ref-owner", lang: "en", translate: false }, this.owner));
      return anchor;
    }
  }

  class Index {
    constructor(data) {
      this.data = data;
      this.entries = data.codes.map((row) => new Entry(row, data.protocols));
      this.byId = new Map(this.entries.map((entry) => [entry.id.toLowerCase(), entry]));
    }

    // What a query names exactly: an identity, a number, a name.
    find(query) {
      const text = fold(query);
      const identity = text.match(/^([a-z][a-z0-9-]*)[/ :]+(\S.*)$/);
      const known = identity && this.data.protocols[identity[1]];
      if (known) {
        const exact = this.byId.get(`${identity[1]}/${identity[2]}`);
        if (exact) return [exact];
        const own = this.entries.filter((entry) => entry.protocol === identity[1]
          && (entry.plain === identity[2] || entry.name === identity[2]));
        if (own.length) return own;
      }
      const found = this.entries.filter((entry) => entry.plain === text || entry.name === text);
      const listed = found.filter((entry) => entry.weight);
      return listed.length ? listed : found;
    }

    // Best first: exact finds, beginnings and classes of numbers, numbers within a line, all words, parts, some words.
    search(query) {
      const text = fold(query).replace(SEAM, " ");
      const found = new Set(this.find(query));
      const listed = this.entries.filter((entry) => entry.weight);
      const begun = text.match(/^(?:[1-9][0-9]?|[245]\.(?:[0-9]{1,3}\.?)?)$/) ? text
        : (text.match(/^([1-9])(?:xx|yz|\*\*)$/) || [])[1];
      if (begun) {
        for (const entry of listed) if (entry.plain.startsWith(begun) && entry.plain.length > 2) found.add(entry);
      }
      const terms = [...new Set(text.match(/[\p{L}\p{M}\p{N}_.]+/gu) || [])].slice(0, MAX_TERMS);
      const values = terms.filter((term) => /^(?:\d{3}|[245]\.\d{1,3}\.\d{1,3})$/.test(term));
      const protocol = terms.find((term) => this.data.protocols[term]) || "";
      const words = terms.filter((term) => !values.includes(term) && term !== protocol).map(stem).filter(Boolean);
      if (!found.size) {
        const met = listed.filter((entry) => values.includes(entry.plain) && (!protocol || entry.protocol === protocol));
        const hits = (entry) => words.filter((word) => entry.holds(word)).length;
        for (const entry of met.sort((left, right) => hits(right) - hits(left))) found.add(entry);
      }
      for (const entry of this.withWords(listed, words, protocol)) found.add(entry);
      return [...found].slice(0, MAX_RESULTS);
    }

    withWords(listed, words, protocol) {
      const own = (entry) => (entry.protocol === protocol ? 4 : 0);
      const inNames = (entry, word) => entry.names.includes(word) ? 3 : 1;
      const total = (entry) => words.reduce((sum, word) => sum + inNames(entry, word), 0) / (words.length || 1);
      const rank = (entries, score) => entries.map((entry) => [score(entry), entry])
        .filter(([points]) => points > 0).sort((left, right) => right[0] - left[0]).map(([, entry]) => entry);
      if (!words.length) return protocol ? listed.filter((entry) => entry.protocol === protocol) : [];
      const whole = listed.filter((entry) => words.every((word) => entry.holds(word)));
      if (whole.length) return rank(whole, (entry) => 2 * total(entry) + entry.weight + own(entry));
      // Scripts without spaces: pairs of characters stand for words, and half of them must be there.
      const pairs = words.flatMap(bigrams);
      if (pairs.length) {
        const share = (entry) => pairs.filter((pair) => entry.text.includes(pair)).length / pairs.length;
        const near = rank(listed, (entry) => (share(entry) < 0.5 ? 0
          : share(entry) * 8 + pairs.filter((pair) => entry.names.includes(pair)).length / pairs.length * 4
            + entry.weight / 4 + own(entry)));
        if (near.length) return near;
      }
      if (words.length < 2) return [];
      // Some of the words: a rare one counts more.
      const rarity = new Map(words.map((word) => [word,
        1 / (listed.filter((entry) => entry.holds(word)).length || Infinity)]));
      return rank(listed, (entry) => words.reduce((sum, word) =>
        sum + (entry.holds(word) ? rarity.get(word) * inNames(entry, word) : 0), 0));
    }

    // What was probably meant: names and numbers that differ in a letter or two.
    suggest(query) {
      const text = fold(query).slice(0, 40);
      const near = [];
      for (const entry of this.entries) {
        if (!entry.weight) continue;
        const candidates = /\d/.test(text) ? [entry.plain] : [entry.name, ...entry.name.split(" ")];
        const best = Math.min(...candidates.map((word) => distance(text, word)));
        if (best <= (text.length > 6 ? 2 : 1)) near.push([best, entry]);
      }
      return near.sort((left, right) => left[0] - right[0]).slice(0, MAX_NEAR).map(([, entry]) => entry);
    }
  }

  // An English word without its ending: texts are searched for parts of words.
  const stem = (word) => {
    const bare = word.replace(/^[.]+|[.]+$/g, "");
    if (!/^[a-z]+$/.test(bare) || bare.endsWith("ss")) return bare;
    const ending = ["ing", "ed", "es", "s"].find((each) => bare.endsWith(each) && bare.length >= each.length + 4);
    return ending ? bare.slice(0, -ending.length) : bare;
  };
  const SEAM = /(?<=[0-9a-z])(?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}])|(?<=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}ー])(?=[0-9a-z])/gu;
  const bigrams = (word) => (word.match(/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}ー々]{2,}/gu) || [])
    .flatMap((run) => [...run].slice(1).map((letter, number) => [...run][number] + letter));
  const distance = (left, right) => {
    if (Math.abs(left.length - right.length) > 2) return 3;
    let row = [...Array(right.length + 1).keys()];
    for (let i = 1; i <= left.length; i++) {
      const next = [i];
      for (let j = 1; j <= right.length; j++) {
        next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (left[i - 1] !== right[j - 1]));
      }
      row = next;
    }
    return row[right.length];
  };

  // Wide letters and digits, as Japanese and Korean keyboards write them, are made plain as the server does it.
  const cut = (text) => text.slice(0, MAX_QUERY_CHARACTERS);
  const clean = (text) => cut(cut(text || "").normalize("NFKC")).trim().split(/\s+/).join(" ")
    .replace(/^[ .,;:!?#"'`()[\]{}<>“”‘’«»「」]+|[ .,;:!?#"'`()[\]{}<>“”‘’«»「」]+$/g, "");
  const prose = (text) => text.split("`").map((part, number) => (number % 2 ? make("code", {}, part) : part));
  const refs = (entries) => make("ul", { className: "refs" }, ...entries.map((entry) => make("li", {}, entry.link())));
  const read = async (path) => (await fetch(new URL(path, root), { credentials: "omit" })).json();
  const index = async () => new Index(await read(place.dataset.index));
  const unknown = (codes, query) => {
    const near = codes.suggest(query);
    return [say("unknown", query), ...(near.length ? [say("near"), refs(near)] : [])];
  };

  // Places of the manual whose title and heading hold every word of the query.
  const manual = (places, query) => {
    const words = fold(query).split(" ");
    const rows = places.filter(([, , title, heading]) => words.every((word) => fold(`${title} ${heading}`).includes(word)))
      .slice(0, MAX_MANUAL).map(([path, anchor, title, heading, english]) => make("li", {},
        make("a", { href: `${page(path)}${anchor ? `#${anchor}` : ""}`, ...(english ? { lang: "en" } : {}) },
          heading ? `${title} › ${heading}` : title)));
    return rows.length ? [make("h2", {}, place.dataset.manual), make("ul", {}, ...rows)] : [];
  };

  const results = async () => {
    const query = clean(asked.get("q"));
    document.getElementsByName("q").forEach((field) => { field.value = asked.get("q") || ""; });
    if (!query) return [];
    const codes = await index();
    const found = codes.search(query);
    const note = codes.data.numbers.includes(query)
      ? [make("p", { className: "note" }, make("a", { href: page(`number/${query}`) }, place.dataset.number.replace("{0}", query)))]
      : [];
    const guide = manual(codes.data.manual, query);
    if (!found.length) return [...(guide.length ? [] : [make("h2", {}, place.dataset.nothing)]), ...unknown(codes, query), ...guide];
    const rows = found.map((entry) => {
      const anchor = make("a", { href: page(entry.id) }, make("b", { translate: false }, entry.shown), " ",
        make("span", { lang: "en", translate: false }, entry.title));
      const row = make("li", { className: `class-${entry.mark}` }, anchor, " ");
      if (entry.owner) row.append(make("i", { className: "owner", lang: "en", translate: false }, entry.owner), " ");
      if (entry.status) row.append(make("span", { className: `badge badge-${entry.status}` }, codes.data.statuses[entry.status]));
      if (entry.summary) row.append(make("p", entry.english ? { lang: "en" } : {}, ...prose(entry.summary)));
      return row;
    });
    return [...note, make("h2", {}, codes.data.counts[found.length - 1]),
      make("ol", { className: "entries entries-tall" }, ...rows), ...guide];
  };

  const comparison = async () => {
    const texts = ["left", "right"].map((side) => clean(asked.get(side)));
    ["left", "right"].forEach((side, number) => { document.getElementById(side).value = texts[number]; });
    if (!texts[0] || !texts[1]) return [];
    const [codes, { compare }] = await Promise.all([index(), read("written.json")]);
    const sides = texts.map((text) => codes.find(text));
    const lost = texts.filter((text, number) => !sides[number].length);
    if (lost.length) return lost.flatMap((text) => unknown(codes, text));
    const has = (left, right) => (compare[left.id] || []).includes(right.id) && [left, right];
    const pairs = sides[0].flatMap((left) => sides[1].map((right) => has(left, right) || has(right, left))).filter(Boolean);
    const path = ([left, right]) => page(`compare/${left.id}/${right.id}`);
    if (pairs.length === 1) return location.replace(path(pairs[0]));
    if (pairs.length) {
      return [say("which"), make("ul", { className: "refs" }, ...pairs.slice(0, MAX_CHOICES).map((pair) =>
        make("li", {}, make("a", { className: "ref", href: path(pair), translate: false }, `${pair[0].shown} ↔ ${pair[1].shown}`))))];
    }
    const both = [...new Set([...sides[0], ...sides[1]])];
    if (both.length === 1) return location.replace(page(both[0].id));
    return [say("absent"), refs(both.slice(0, MAX_CHOICES))];
  };

  const mapping = async () => {
    const text = clean(asked.get("code"));
    const to = clean(asked.get("to"));
    if (!text) return [];
    document.getElementById("code").value = text;
    document.getElementById("to").value = to;
    const [codes, { map }] = await Promise.all([index(), read("written.json")]);
    let found = codes.find(text);
    if (!found.length) return unknown(codes, text);
    const others = found.filter((entry) => entry.protocol !== to);
    if (others.length) found = others;
    const led = found.filter((entry) => (map[entry.id] || []).includes(to));
    if (found.length === 1 && led.length) return location.replace(page(`map/${led[0].id}/${to}`));
    if (!led.length) return [say("absent"), refs(found.slice(0, MAX_CHOICES))];
    return [say("which"), make("ul", { className: "refs" }, ...led.slice(0, MAX_CHOICES).map((entry) =>
      make("li", {}, make("a", { className: "ref", href: page(`map/${entry.id}/${to}`), translate: false }, `${entry.shown} → ${codes.data.protocols[to]}`))))];
  };

  const kinds = { search: results, compare: comparison, map: mapping };
  kinds[place.dataset.kind]().then((made) => { if (made) place.replaceChildren(...made); })
    .catch(() => place.replaceChildren(say("failed")));
})();
