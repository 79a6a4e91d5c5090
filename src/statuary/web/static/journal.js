// Appends exchanges to the journal as they come. The page reads without it.
"use strict";
(() => {
  const list = document.getElementById("journal");
  const live = document.getElementById("live");
  if (!list || !window.EventSource) return;
  const shown = Number(list.dataset.shown);
  const MAX_OCTETS = 8192;
  const ESCAPES = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0" };
  const hexadecimal = (octet) => "\\x" + octet.charCodeAt(0).toString(16).padStart(2, "0");

  const element = (name, className, ...children) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };

  // Octets come one character each; those that cannot be seen get a mark, as on the server's side.
  const visible = (text) => {
    const code = element("code", "");
    const cut = text.slice(0, MAX_OCTETS);
    const invisible = /\r\n|[\x00-\x1f\x7f-\x9f]/g;
    let place = 0;
    for (const match of cut.matchAll(invisible)) {
      code.append(cut.slice(place, match.index));
      const found = match[0];
      const mark = [...found].map((octet) => ESCAPES[octet] || hexadecimal(octet)).join("");
      code.append(element("i", "octet", mark));
      if (found.endsWith("\n")) code.append("\n");
      place = match.index + found.length;
    }
    code.append(cut.slice(place));
    if (text.length > MAX_OCTETS) code.append(element("i", "octet", "… +" + (text.length - MAX_OCTETS)));
    return code;
  };

  const octets = (className, label, text) => {
    const pre = element("pre", "octets " + className, visible(text));
    pre.lang = "en";
    pre.translate = false;
    pre.tabIndex = 0; // a long line scrolls, by keyboard too
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", label);
    return pre;
  };

  const render = (exchange) => {
    const digit = /^[1-6]/.test(exchange.code) ? exchange.code[0] : "x";
    const anchor = element("a", "", String(exchange.number));
    anchor.href = "#x" + exchange.number;
    const time = element("time", "", exchange.at.slice(11, 23));
    time.dateTime = exchange.at;
    const head = element("p", "exchange-head", anchor, " ", element("b", "", exchange.code || "–"), " ",
      element("span", "", exchange.protocol.toUpperCase() + " " + exchange.stage), " ", time, " ",
      element("span", "", "#" + exchange.connection + " " + exchange.peer));
    head.translate = false;
    if (exchange.rule) head.append(" ", element("code", "", exchange.rule));
    if (exchange.note) head.append(" ", element("i", "", exchange.note));
    const item = element("li", "exchange exchange-new class-" + digit, head);
    item.id = "x" + exchange.number;
    if (exchange.request) item.append(octets("octets-in", list.dataset.client, exchange.request));
    if (exchange.response) item.append(octets("octets-out", list.dataset.server, exchange.response));
    return item;
  };

  const source = new EventSource("/api/journal/stream?after=" + list.dataset.last);
  source.onopen = () => { live.textContent = live.dataset.on; live.className = "on"; };
  source.onerror = () => { live.textContent = live.dataset.off; live.className = "off"; };
  source.addEventListener("exchange", (event) => {
    const exchange = JSON.parse(event.data);
    const empty = document.getElementById("empty");
    if (empty) empty.remove();
    list.prepend(render(exchange));
    document.getElementById("total").textContent = String(exchange.number);
    while (list.children.length > shown) list.lastElementChild.remove();
  });
  source.addEventListener("dropped", (event) => {
    const dropped = document.getElementById("dropped");
    dropped.textContent = String(Number(dropped.textContent) + JSON.parse(event.data).count);
  });
})();
