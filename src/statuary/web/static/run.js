// Runs the form's script on the real wire and shows what passes, line by line as it happens. Without it the form is
// sent, and the page comes back with the finished transcript.
"use strict";
(() => {
  const form = document.getElementById("builder");
  const button = document.getElementById("run");
  const status = document.getElementById("run-status");
  const transcript = document.getElementById("transcript");
  if (!form || !button || !status || !window.ReadableStream) return;
  const MAX_LINES = 2000;
  const ESCAPES = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0" };
  const MILLISECONDS = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const timed = (ms) => MILLISECONDS.format(ms);
  const say = (name, facts = {}) => status.getAttribute("data-" + name).replace(/%\((\w+)\)s/g, (_, key) => facts[key]);
  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  // Octets come one character each. Those that are UTF-8 are shown as its characters; what cannot be seen and what is no
  // UTF-8 gets a mark, as in the journal.
  const TEXT = "[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xef][\\x80-\\xbf]{2}|" +
    "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}";
  const PARTS = new RegExp(`((?:${TEXT})+|\\r\\n|[\\x00-\\x1f\\x7f-\\xff])`);
  const UNSEEN = new RegExp("([\\x7f-\\x9f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff" +
    "\\ufff9-\\ufffb\\ufdd0-\\ufdef\\ufffe\\uffff\\u{e0000}-\\u{e0fff}])", "u");
  const mark = (text) => make("i", { className: "octet" }, text);
  const named = (octet) => ESCAPES[octet] || "\\x" + octet.charCodeAt(0).toString(16).padStart(2, "0");
  const read = (octets) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
  const visible = (text) => text.split(PARTS).flatMap((part, place) => {
    if (!(place % 2)) return part;
    if (part.length === 1 || part === "\r\n") return mark([...part].map(named).join(""));
    return read(part).split(UNSEEN).map((each, at) => at % 2
      ? mark("U+" + each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")) : each);
  });

  class Shown {
    constructor(limits) {
      this.limits = limits;
      this.count = 0;
      transcript.replaceChildren();
    }

    // What goes on a line that is not ended yet joins it, and its time grows.
    octets({ connection, by, ms, text }) {
      this.begin(connection);
      for (const piece of text.split(/(?<=\n)/)) {
        if (this.line && this.by === by && !this.ended) {
          this.time.textContent = `${timed(this.first)}–${timed(ms)} ms`;
        } else {
          if (++this.count > MAX_LINES) return;
          this.first = ms;
          this.by = by;
          this.time = make("span", { className: "ms" }, `${timed(ms)} ms`);
          this.line = make("code", { lang: "en", translate: false });
          this.list.append(make("li", { className: "told-" + by }, this.time, " ",
            make("b", { className: "unseen" }, transcript.dataset[by]), this.line));
        }
        this.line.append(...visible(piece));
        this.ended = piece.endsWith("\n");
      }
    }

    begin(connection) {
      if (this.connection === connection) return;
      this.connection = connection;
      this.line = null;
      this.list = make("ol", { className: "told" });
      this.list.setAttribute("role", "list");
      const heading = say("connection", { number: connection });
      transcript.append(make("h3", {}, heading), this.list);
      status.textContent = `${say("running")} ${heading}`;
    }

    end(event) {
      this.begin(event.connection);
      const how = say(event.how, { octets: this.limits.octets, seconds: event.seconds ?? this.limits.seconds });
      const short = event.announced === undefined ? "" : say("short", event) + " ";
      transcript.append(make("p", { className: "told-end" },
        make("span", { className: "ms" }, `${timed(event.ms)} ms`), " ", short + how));
    }

    done({ connections, left, problem }) {
      status.textContent = problem ? say("refused", { problem }) : say("done", { number: connections });
      if (left) status.textContent += " " + say("more");
    }
  }

  const perform = async () => {
    const { code = "", protocol = "http", script = "" } = form.dataset;
    const stage = form.elements.stage ? form.elements.stage.value : "";
    const response = await fetch("/api/run", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(code ? { code } : { protocol, script, stage }),
    });
    if (!response.ok) {
      const { message } = await response.json();
      throw new Error(globalThis.statuaryTold ? globalThis.statuaryTold(message) : message);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let shown = null, held = "", over = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (held + value).split("\n");
      held = lines.pop();
      for (const line of lines) {
        const event = JSON.parse(line);
        if (event.event === "start") shown = new Shown(event.limits);
        else shown[event.event](event);
        over ||= event.event === "done";
      }
    }
    if (!over) throw new Error("");
  };

  form.addEventListener("submit", async (event) => {
    if (event.submitter && event.submitter !== button) return;
    event.preventDefault();
    button.disabled = true;
    status.textContent = say("running");
    try {
      await perform();
    } catch (error) {
      status.textContent = error.message ? say("refused", { problem: error.message }) : say("broken");
    }
    button.disabled = false;
    button.focus();
  });
})();
