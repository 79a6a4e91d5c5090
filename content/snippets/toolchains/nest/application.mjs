// Imports the file of every code as it stands, and lets each server that it makes listen on a port of its own.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Server } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const listen = Server.prototype.listen;
let made;
Server.prototype.listen = function (...given) {
  made.push(this);
  return listen.call(this, 0, "127.0.0.1", given.find((each) => typeof each === "function"));
};

const ports = {};
for (const { code, module } of Object.values(JSON.parse(readFileSync("codes.json", "utf8")))) {
  made = [];
  await import(pathToFileURL(resolve(`${module}.mjs`)));
  for (let turn = 0; turn < 1000 && !made[0]?.listening; turn += 1) await new Promise(setImmediate);
  ports[code] = made[0].address().port;
}
writeFileSync("ports.new", JSON.stringify(ports));
renameSync("ports.new", "ports.json");
