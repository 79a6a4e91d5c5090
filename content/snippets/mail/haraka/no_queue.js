// plugins/refuse.js, a line "refuse" in config/plugins: no plugin takes the message
exports.hook_rcpt = (next) => next(OK);
