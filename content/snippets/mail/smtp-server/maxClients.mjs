import { SMTPServer } from "smtp-server";

const server = new SMTPServer({
  name: "mx.example.net",
  disabledCommands: ["AUTH", "STARTTLS"],
  maxClients: 1,
  onData(stream, session, callback) {
    stream.resume();
    stream.on("end", callback);
  },
});
server.listen(2525, "127.0.0.1");
