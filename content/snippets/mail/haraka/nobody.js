// plugins/refuse.js, a line "refuse" in config/plugins: no plugin says OK to a recipient
exports.hook_queue = (next) => next(OK);
