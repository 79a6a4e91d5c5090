// Accepts every message and keeps none.
import { SMTPServer } from "smtp-server";

const server = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData(stream, session, callback) {
    stream.resume();
    stream.on("end", callback);
  },
});
server.on("error", () => {});
server.listen(Number(process.env.PORT), "127.0.0.1");
