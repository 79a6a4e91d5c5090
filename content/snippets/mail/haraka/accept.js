// plugins/refuse.js, a line "refuse" in config/plugins
exports.hook_rcpt = (next) => next(OK);

exports.hook_queue = (next) => next(OK);
