// plugins/refuse.js, a line "refuse" in config/plugins: the text does not make the code
exports.hook_rcpt = (next, connection, [recipient]) => {
  recipient.address === "emil@example.net" ? next(DENYSOFT, "452 4.2.2 Mailbox full") : next(OK);
};
