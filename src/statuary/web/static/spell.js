// The site as files: parses a script and spells it as the server's /api/v1/script does, where there is no server.
// A test holds the two against each other.
"use strict";
(() => {
  const MAX_CHARACTERS = 2000, MAX_STEPS = 100, MAX_CHOICES = 100, MAX_COUNT = 1e6, MAX_WEIGHT = 1e6, MAX_SIGMA = 10;
  const MAX_SECONDS = 3600, MAX_OCTETS = 2 ** 30, MAX_NUMBER_CHARACTERS = 20, MAX_LOCAL_CHARACTERS = 200;
  const NOISE = [1, 2 ** 20, "octets"], OCTETS = [1, MAX_OCTETS, "octets"], ANY = [0, MAX_OCTETS, "octets"];
  const RATE = [1, MAX_OCTETS, "octets a second such as 5k"], PIECES = [1, 1000, "pieces"];
  const FIELDS = [1, 10000, "header fields"], LINES = [1, 1000, "lines"];
  const WANTED = { seconds: "a time such as 2s", share: "a share such as 0.5", number: "a number such as 0.5" };
  const COMMON = {
    delay: "seconds", jitter: "seconds", sigma: "number", drip: "seconds", rate: RATE, split: PIECES, slice: OCTETS,
    truncate: "share", limit: ANY, stall: "share", close: "seconds?", reset: "seconds?", halfclose: "",
    garbage: NOISE,
  };
  const DIALECTS = {
    http: { low: 100, high: 999, effects: { ...COMMON, pause: "seconds", length: ANY, chunked: "", badchunk: "",
      headers: FIELDS } },
    smtp: { low: 200, high: 599, enhanced: true, effects: { ...COMMON, lf: "", bare: "", mixed: "", lines: LINES,
      long: NOISE, twice: "", late: "" } },
  };
  const ALL = Object.keys({ ...DIALECTS.http.effects, ...DIALECTS.smtp.effects }).sort((a, b) => b.length - a.length);
  const EFFECT = new RegExp(ALL.join("|"), "iy");
  const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 }, MULTIPLES = { k: 1000, m: 1e6 };
  const WAYS = { mail: "sender", ehlo: "hello", starttls: "hello", auth: "user" };
  for (const stage of ["rcpt", "data", "bdat", "message", "rset", "quit"]) WAYS[stage] = "recipient";
  for (const stage of ["noop", "vrfy", "help", "expn", "etrn", "atrn"]) WAYS[stage] = "argument";
  const SWAKS = ["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message", "quit"];

  const round = (value) => Math.round(value * 1e9) / 1e9;
  const number = (value) => value.toFixed(9).replace(/\.?0+$/, "") || "0";

  // A cursor over the text; what it refuses, the grammar of the server refuses at the same place.
  const parse = (text, { low, high, enhanced, effects }) => {
    let at = 0;
    const refuse = (expected, place = at) => {
      const found = place < text.length ? `'${text[place]}'` : "the end";
      throw Object.assign(new Error(`character ${place + 1}: expected ${expected}, found ${found}`),
        { expected, position: place });
    };
    const take = (pattern) => {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found) at += found[0].length;
      return found ? found[0] : "";
    };
    const space = () => take(/[ \t]*/y);
    const accept = (character) => {
      space();
      if ((text[at] || "").toLowerCase() !== character) return false;
      at++;
      space();
      return true;
    };
    const many = (item, separator, limit, what) => {
      for (let count = 0; count < limit; count++) {
        item();
        if (!accept(separator)) return;
      }
      refuse(`the end: at most ${limit} ${what}`);
    };
    const decimal = () => take(/[0-9]+(?:\.[0-9]+)?|\.[0-9]+/y);
    const values = `a code from ${low} to ${high}, pass, drop, reset or hang`;

    const measure = (kind) => {
      if (!kind) return null;
      if (!accept("=")) return kind === "seconds?" ? null : refuse(`"=" and ${WANTED[kind] || `a number of ${kind[2]}`}`);
      const start = at;
      const digits = decimal();
      if (!digits || digits.length > MAX_NUMBER_CHARACTERS) refuse("a number", start);
      let value = round(Number(digits));
      if (kind === "share") {
        if (value > 1 && (!Number.isInteger(value) || value > MAX_OCTETS)) {
          refuse(`a share up to 1, or a whole number of octets up to ${MAX_OCTETS}`, start);
        }
      } else if (kind === "number") {
        if (value > MAX_SIGMA) refuse(`a number up to ${MAX_SIGMA}`, start);
      } else if (Array.isArray(kind)) {
        if (/^octets/.test(kind[2])) value = round(value * (MULTIPLES[take(/[km]/iy).toLowerCase()] || 1));
        if (!Number.isInteger(value) || value < kind[0] || value > kind[1]) {
          refuse(`a whole number from ${kind[0]} to ${kind[1]} of ${kind[2]}`, start);
        }
      } else {
        value = round(value * UNITS[take(/ms|s|m|h/iy).toLowerCase() || "s"]);
        if (value > MAX_SECONDS) refuse(`at most ${MAX_SECONDS} seconds`, start);
        return number(value) + "s";
      }
      return number(value);
    };
    const answer = () => {
      const start = at;
      let head = take(/pass|drop|reset|hang/iy).toLowerCase();
      if (!head) {
        head = take(/[0-9]+/y);
        if (head.length < 3) refuse(head ? `three digits: ${values}` : values);
        if (head.length > 3 || Number(head) < low || Number(head) > high) refuse(values, start);
        const before = at;
        const marked = accept("_");
        if (marked && !enhanced) refuse('"~", ",", ":", "x" or an effect: no enhanced code here', text.indexOf("_", before));
        const place = at;
        const found = enhanced && at > before ? take(/[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])/y) : "";
        if (marked && !found) refuse("an enhanced status code such as 4.2.2", place);
        if (found) head += "_" + found;
      }
      const seen = new Set();
      while (accept("-")) {
        const place = at;
        const name = take(EFFECT).toLowerCase();
        if (!(name in effects) || seen.has(name)) refuse(`an effect, each once: ${Object.keys(effects).join(", ")}`, place);
        seen.add(name);
        const value = measure(effects[name]);
        head += `-${name}` + (value === null ? "" : `=${value}`);
      }
      return head;
    };
    const choice = () => {
      const head = answer();
      if (!accept(":")) return { head, weight: 1 };
      const start = at;
      const digits = decimal();
      if (!digits || digits.length > MAX_NUMBER_CHARACTERS || Number(digits) > MAX_WEIGHT) {
        refuse(`a weight such as 0.5, up to ${MAX_WEIGHT}`, start);
      }
      return { head, weight: round(Number(digits)) };
    };
    const step = () => {
      const start = at;
      const choices = [];
      many(() => choices.push(choice()), ",", MAX_CHOICES, "answers to choose from");
      if (!choices.some(({ weight }) => weight)) refuse("a weight above 0", start);
      if (!accept("x")) return { choices };
      const place = at;
      const digits = take(/[0-9]+/y);
      if (!digits || digits.length > 7 || Number(digits) < 1 || Number(digits) > MAX_COUNT) {
        refuse(`a count from 1 to ${MAX_COUNT}`, place);
      }
      return { choices, count: Number(digits) };
    };

    if ([...text].length > MAX_CHARACTERS) refuse(`a script of at most ${MAX_CHARACTERS} characters`, MAX_CHARACTERS);
    space();
    const steps = [];
    many(() => steps.push(step()), "~", MAX_STEPS, "steps");
    space();
    if (at < text.length) refuse('"~", ",", ":", "x" and a count, an effect such as -close, or the end');
    return steps.map(({ choices, count }, place) => {
      const weighted = choices.some(({ weight }) => weight !== 1);
      const spelled = choices.map(({ head, weight }) => head + (weighted ? ":" + number(weight) : "")).join(",");
      return spelled + (count && !(count === 1 && place < steps.length - 1) ? "x" + count : "");
    }).join("~");
  };

  const shell = (word) => /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) ? word : `'${word}'`;
  const quoted = (text) => '"' + text.replace(/[\\"]/g, "\\$&") + '"';

  const smtp = (stage, script, key, { smtp: server, submission }) => {
    const local = stage + script + (key && "+" + key);
    let way = WAYS[stage] || "rule";
    if (local.length > MAX_LOCAL_CHARACTERS) way = "rule";
    const mailbox = (/[,:]/.test(local) ? quoted(local) : local) + "@any.test";
    const sender = way === "sender" ? mailbox : "sender@any.test";
    const recipient = way === "recipient" ? mailbox : "user@any.test";
    const hello = `${stage}${script}.${key && `k-${key}.`}any.test`;
    const word = `${local}@any.test`;
    const swaks = ["swaks --server", stage === "starttls" ? `${submission} --tls` : server];
    if (way === "hello") swaks.push("--ehlo", shell(hello));
    if (way === "user") swaks.push("--auth-user", shell(word), "--auth-password secret");
    if (way === "sender") swaks.push("--from", shell(sender));
    swaks.push("--to", shell(recipient));
    const url = `smtp://${server}` + (way === "hello" ? "/" + hello : "");
    const curl = ["curl", shell(url)];
    if (way === "user") curl.push("--user", shell(`${word}:secret`));
    curl.push("--mail-from", shell(sender), "--mail-rcpt", shell(recipient), "-T message.eml");
    return {
      way,
      address: { sender, recipient, hello, argument: word, user: word, rule: "" }[way],
      swaks: SWAKS.includes(stage) && !recipient.includes(",") ? swaks.join(" ") : "",
      curl: SWAKS.includes(stage) && stage !== "starttls" ? curl.join(" ") : "",
    };
  };

  globalThis.statuarySpell = (protocol, text, stage, key, places) => {
    if (!/^[A-Za-z0-9_-]{0,40}$/.test(key)) {
      const expected = "letters, digits, - and _, at most 40";
      throw Object.assign(new Error(`key: expected ${expected}`), { expected, position: -1 });
    }
    const script = parse(text, DIALECTS[protocol]);
    const at = protocol === "smtp" ? stage || "rcpt" : "request";
    const url = `http://${places.http}/status/${script}${key && "?key=" + key}`;
    const forms = protocol === "smtp" ? smtp(at, script, key, places)
      : { way: "target", url, curl: `curl -i ${shell(url)}` };
    const known = at === "connect" ? "" : key; // nobody has named one yet
    const words = [...(protocol === "smtp" ? [quoted(at)] : []), ...(known ? [`key=${quoted(known)}`] : [])].join(", ");
    return {
      script,
      ...forms,
      rule: `[[rule]]\nprotocol = "${protocol}"\nstage = "${at}"\nanswer = ${quoted(script)}\n` +
        (known && `match = { key = ${quoted(known)} }\n`),
      pytest: `statuary_${protocol}.on(${words}).answer(${quoted(script)})`,
    };
  };
})();
