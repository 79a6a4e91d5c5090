// Starts `statuary serve` on free ports and talks to its admin API; with Node 18 or later and no dependency.
"use strict";

const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

class Statuary {
  /** Start the process, and wait until all its servers listen. */
  static async start(...options) {
    const command = process.env.STATUARY ?? "statuary"; // the name of the command, where it is not on the PATH
    const child = spawn(command, ["serve", "--free-ports", "--json", ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`statuary serve ended with ${code}`)));
      createInterface({ input: child.stdout }).once("line", resolve);
    });
    child.removeAllListeners("exit");
    return new Statuary(child, JSON.parse(line));
  }

  constructor(child, facts) {
    this.child = child;
    this.seed = facts.seed;
    this.site = facts.site;
    this.http = facts.http;
    this.smtp = new URL(facts.smtp);
  }

  /** Ask the admin API; an error of it is an exception here. */
  async call(method, path, body) {
    const response = await fetch(this.site + path, {
      method,
      headers: { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.message}`);
    return answer;
  }

  /** Add a rule, as rule files have it. */
  on(rule) {
    return this.call("POST", "/api/rules", rule);
  }

  /** Fail, with transcript and seed, unless so many exchanges fit. */
  async verify(exactly, filter) {
    const verdict = await this.call("POST", "/api/journal/verify", { exactly, filter });
    if (!verdict.ok) {
      throw new Error(`expected ${verdict.expected}, found ${verdict.count}; seed ${verdict.seed}\n${verdict.transcript}`);
    }
  }

  /** The mail that a recipient got, waited for. */
  async messages(recipient, count = 1) {
    return (await this.call("POST", "/api/messages/wait", { recipient, count, timeout: 10 })).messages;
  }

  /** Forget everything, so that the next test starts anew. */
  reset() {
    return this.call("POST", "/api/reset");
  }

  stop() {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill();
    return ended;
  }
}

module.exports = { Statuary };
