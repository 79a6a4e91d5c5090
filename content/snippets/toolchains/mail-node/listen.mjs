// Loaded before a snippet, which stays as it is: its server listens on the harness's port and not on the file's.
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function (...given) {
  return listen.call(this, Number(process.env.SNIPPET_PORT), "127.0.0.1", given.find((each) => typeof each === "function"));
};
