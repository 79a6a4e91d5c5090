// Sends one message with the options of a transport, given as JSON, and prints what came of it as JSON.
const fs = require("fs");
const nodemailer = require("nodemailer");

async function main() {
  const [options, to] = process.argv.slice(2);
  const { caFile, ...transport } = JSON.parse(options);
  if (caFile) transport.tls = { ca: fs.readFileSync(caFile), servername: "localhost" };
  try {
    const message = { from: "a@c.example", to: to.split(","), subject: "Hello", text: "Hello." };
    const sent = await nodemailer.createTransport({ host: "127.0.0.1", ...transport }).sendMail(message);
    console.log(JSON.stringify({ accepted: sent.accepted, rejected: sent.rejected, response: sent.response }));
  } catch (error) {
    console.log(JSON.stringify({ code: error.responseCode, error: error.code, response: error.response }));
  }
}

main();
