// A mailer and an API client, and the proof of what they do about refusals: node --test
"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const nodemailer = require("nodemailer");
const { Statuary } = require("./statuary.js");

/** Under test: sends a message, again after 4yz, never again after 5yz (RFC 5321 section 4.2.1). */
async function send(server, recipient) {
  const transport = nodemailer.createTransport({ host: server.hostname, port: server.port, ignoreTLS: true });
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transport.sendMail({ from: "shop@example.test", to: recipient, subject: "Thank you", text: "Soon." });
      } catch (error) {
        if (!(error.responseCode < 500) || attempt === 5) throw error;
      }
    }
  } finally {
    transport.close();
  }
}

/** Under test: places an order, again while the server says when to come back (RFC 9110 section 10.2.3). */
async function order(url) {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ article: "b-17" }) });
    const wait = response.headers.get("Retry-After");
    if (response.ok || wait === null || attempt === 5) return response;
    await response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
  }
}

let statuary;
before(async () => (statuary = await Statuary.start()));
beforeEach(() => statuary.reset());
after(() => statuary.stop());

test("the mailer tries again after 452", async () => {
  await statuary.on({ protocol: "smtp", stage: "rcpt", match: { recipient: "full@*" }, answer: "452 4.2.2 x2 ~ pass" });
  await send(statuary.smtp, "full@any.test");
  await statuary.verify(3, { protocol: "smtp", stage: "rcpt", match: { recipient: "full@any.test" } });
  const [message] = await statuary.messages("full@any.test");
  assert.match(message.content, /^Subject: Thank you\r$/m);
});

test("the mailer gives up after 551", async () => {
  await statuary.on({ protocol: "smtp", stage: "rcpt", match: { recipient: "gone@*" }, answer: "551 5.1.6" });
  await assert.rejects(send(statuary.smtp, "gone@any.test"), { responseCode: 551 });
  await statuary.verify(1, { protocol: "smtp", stage: "rcpt", code: "551" });
});

test("the client waits while the shop is busy", async () => {
  await statuary.on({
    protocol: "http",
    match: { method: "POST", path: "/orders", json: { "$.article": "b-*" } },
    answer: "503x2 ~ 201",
    headers: { "Retry-After": "0" },
    json: { number: 7 },
  });
  const response = await order(`${statuary.http}/orders`);
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { number: 7 });
  await statuary.verify(2, { protocol: "http", code: "503" });
});

test("a check that fails says what was said", async () => {
  await fetch(`${statuary.http}/status/204`);
  await assert.rejects(statuary.verify(2, { protocol: "http" }), /expected exactly 2, found 1; seed \d+\n[^]*GET \/status\/204/);
});
