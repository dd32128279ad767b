// Whole seconds until the quota that refused admits one more, at least one.

function read(name) {
  "use strict";
  var value = context.getVariable(name);
  return value === null || value === undefined ? null : String(value);
}

String(properties.policies).split(" ").forEach(function (policy) {
  "use strict";
  var until = read("ratelimit." + policy + ".expiry.time");
  if (read("ratelimit." + policy + ".failed") === "true") {
    context.setVariable("seccfg.retry", String(Math.max(1, Math.ceil((Number(until) - Number(read("system.timestamp"))) / 1000))));
  }
});
