// Builds a script from the rows of a form and shows its spellings at once. The form works without it.
"use strict";
(() => {
  const form = document.getElementById("builder");
  if (!form || !form.dataset.script) return;
  const MAX_ROWS = 8, DELAY_MILLISECONDS = 120;
  const COMMON = "delay=2s jitter=500ms sigma=0.4 drip=5s rate=5k split=3 slice=64 truncate=0.5 limit=40 stall=0.5 " +
    "close reset halfclose garbage=512";
  const EFFECTS = { http: "pause=2s length=5 chunked badchunk headers=200", smtp: "lf bare mixed lines=20 long=600 twice late" };

  const { protocol, api } = form.dataset;
  const rows = document.getElementById("rows");
  const wrong = document.getElementById("wrong");
  const built = document.getElementById("built");
  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };
  const field = (row, letter) => row.querySelector(`[name^="${letter}"]`);
  const value = (row, letter) => field(row, letter).value.trim();

  // The spellings, each with a button that copies it; copy.js makes the buttons work.
  const shown = new Map();
  for (const pair of built.dataset.labels.split("|")) {
    const [name, label] = pair.split(/:(.*)/s);
    let place = built.querySelector(`[data-form="${name}"]`);
    if (!place) {
      const button = make("button", { type: "button", className: "copy button-quiet", hidden: true }, built.dataset.copy);
      button.dataset.done = built.dataset.copied;
      const pre = make("pre", { className: "program", lang: "en", translate: false, tabIndex: 0 }, make("code"));
      pre.setAttribute("role", "group");
      pre.setAttribute("aria-label", label);
      place = make("div", { hidden: true },
        make("p", { className: "snippet-head" }, make("b", {}, label), " ", button), pre);
      place.dataset.form = name;
      built.append(place);
    }
    shown.set(name, place);
  }

  // The script that the rows spell, and where in it each begins.
  const assemble = () => {
    let text = "", times = "";
    const starts = [];
    for (const row of rows.children) {
      if (!value(row, "a") && !value(row, "e")) { starts.push(-1); continue; }
      const or = text && value(row, "j") === "or";
      if (text) text += or ? "," : times + "~";
      if (!or) times = "";
      starts.push(text.length);
      text += value(row, "a") + value(row, "e") + (value(row, "w") && ":" + value(row, "w"));
      times ||= value(row, "c") && "x" + value(row, "c");
    }
    return { text: text + times, starts };
  };

  // What is wrong is said in English; said.*.js has the texts in the page's language, the widest first.
  const texts = (globalThis.statuarySaid || []).map(([english, text]) => {
    const parts = english.split(/%\((\w+)\)s/);
    const pattern = parts.map((part, place) => place % 2 ? "(.+?)" : part.replace(/[^\w\s"]/g, "\\$&")).join("");
    return { pattern: new RegExp(`^${pattern}$`, "s"), names: parts.filter((_, place) => place % 2), text };
  });
  const told = (message) => {
    for (const { pattern, names, text } of texts) {
      const found = pattern.exec(message);
      if (found) return text.replace(/%\((\w+)\)s/g, (_, name) => told(found[names.indexOf(name) + 1]));
    }
    return message;
  };
  globalThis.statuaryTold = told;

  const refuse = (starts, text, message, position) => {
    wrong.hidden = !message;
    wrong.replaceChildren();
    [...rows.children].forEach((row, number) => {
      const later = starts.slice(number + 1).find((start) => start >= 0) ?? Infinity;
      const here = Boolean(message) && position >= 0 && starts[number] >= 0 && position < later &&
        (starts[number] <= position || !starts[number]);
      row.toggleAttribute("data-wrong", here);
      field(row, "a").toggleAttribute("aria-invalid", here);
      if (here) field(row, "a").setAttribute("aria-invalid", "true");
    });
    if (!message) return;
    const said = told(message);
    wrong.append(make("p", said === message ? { lang: "en" } : {}, said));
    if (position >= 0) wrong.append(make("pre", { translate: false }, make("code", {}, `${text}\n${" ".repeat(position)}^`)));
  };

  const show = (forms) => {
    for (const [name, place] of shown) {
      place.hidden = !forms[name];
      place.querySelector("code").textContent = forms[name] || "";
    }
  };

  let timer = 0, asking = null;
  const ask = async (text, starts, stage, key) => {
    if (asking) asking.abort();
    asking = new AbortController();
    const query = new URLSearchParams({ protocol, script: text, key });
    if (stage) query.set("stage", stage);
    try {
      const response = await fetch(`${api}?${query}`, { signal: asking.signal, cache: "no-store" });
      const answer = await response.json();
      refuse(starts, text, response.ok ? "" : answer.message, answer.detail ? answer.detail.position ?? -1 : -1);
      if (response.ok) show(answer);
    } catch (error) {
      if (error.name !== "AbortError") refuse(starts, text, error.message, -1);
    }
  };
  const spell = (text, starts, stage, key) => {
    try {
      show(globalThis.statuarySpell(protocol, text, stage, key, form.dataset));
      refuse(starts, text, "", -1);
    } catch (error) {
      if (error.expected === undefined) throw error;
      refuse(starts, text, error.message, error.position);
    }
  };
  const update = () => {
    const { text, starts } = assemble();
    const stage = form.elements.stage ? form.elements.stage.value : "";
    form.dataset.script = text;
    clearTimeout(timer);
    timer = setTimeout(api ? ask : spell, api ? DELAY_MILLISECONDS : 0, text, starts, stage, form.elements.key.value);
  };

  const number = () => {
    [...rows.children].forEach((row, place) => {
      const legend = row.querySelector("legend");
      legend.textContent = legend.textContent.replace(/\d+/, place + 1);
      for (const each of row.querySelectorAll("[name]")) each.name = each.name[0] + (place + 1);
      field(row, "j").closest("label").hidden = !place;
      if (!place) field(row, "j").value = "then";
      row.querySelector(".remove").hidden = rows.children.length < 2;
    });
    add.disabled = rows.children.length >= MAX_ROWS;
  };
  const equip = (row) => {
    const effects = make("select", {}, make("option", { value: "" }, form.dataset.effect));
    effects.setAttribute("aria-label", form.dataset.effect);
    for (const each of `${COMMON} ${EFFECTS[protocol]}`.split(" ")) effects.append(make("option", {}, "-" + each));
    effects.addEventListener("change", () => {
      field(row, "e").value += effects.value;
      effects.value = "";
      update();
    });
    const remove = make("button", { type: "button", className: "remove button-quiet" }, form.dataset.remove);
    remove.addEventListener("click", () => {
      const next = row.previousElementSibling || row.nextElementSibling;
      row.remove();
      number();
      field(next, "a").focus();
      update();
    });
    row.append(effects, remove);
  };
  const add = make("button", { type: "button", className: "button-quiet" }, form.dataset.add);
  add.addEventListener("click", () => {
    const row = rows.firstElementChild.cloneNode(true);
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    row.querySelectorAll("select:not([name]), .remove").forEach((node) => node.remove());
    equip(row);
    rows.append(row);
    number();
    field(row, "a").focus();
    update();
  });
  for (const row of [...rows.children]) equip(row);
  while (rows.children.length > 1 && !assembledHas(rows.lastElementChild)) rows.lastElementChild.remove();
  rows.after(make("p", {}, add));
  number();
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.id === "run") return; // run.js has it
    event.preventDefault();
    update();
  });
  const plain = form.querySelector("button:not([type]):not(#run)");
  if (plain) plain.hidden = true; // all is shown at once
  update();

  function assembledHas(row) {
    return value(row, "a") || value(row, "e");
  }
})();
