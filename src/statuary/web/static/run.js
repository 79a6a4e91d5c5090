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
  const say = (name, facts = {}) => status.getAttribute("data-" + name).replace(/%\((\w+)\)s/g, (_, key) => facts[key]);
  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  // Octets come one character each; those that cannot be seen get a mark, as in the journal.
  const visible = (text) => text.split(/(\r\n|[\x00-\x1f\x7f-\x9f])/).map((part, place) => place % 2
    ? make("i", { className: "octet" }, [...part].map((octet) =>
      ESCAPES[octet] || "\\x" + octet.charCodeAt(0).toString(16).padStart(2, "0")).join("")) : part);

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
          this.time.textContent = `${this.first}–${ms} ms`;
        } else {
          if (++this.count > MAX_LINES) return;
          this.first = ms;
          this.by = by;
          this.time = make("span", { className: "ms" }, `${ms} ms`);
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
        make("span", { className: "ms" }, `${event.ms} ms`), " ", short + how));
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
    if (!response.ok) throw new Error((await response.json()).message);
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
