// Sends one message to an address, several times, and prints what came of each as a line of JSON.
const nodemailer = require("nodemailer");

async function main() {
  const [port, address, times] = process.argv.slice(2);
  const transport = nodemailer.createTransport({ host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true });
  for (let i = 0; i < Number(times); i += 1) {
    try {
      const sent = await transport.sendMail({ from: "a@client.example", to: address, subject: "Hello", text: "Hello." });
      console.log(JSON.stringify({ accepted: sent.accepted, response: sent.response }));
    } catch (error) {
      console.log(JSON.stringify({ code: error.responseCode, response: error.response }));
    }
  }
}

main();
