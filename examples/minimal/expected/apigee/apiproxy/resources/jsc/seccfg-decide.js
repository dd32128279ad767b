// Steps 10 to 15, once the tokens were checked. Only the last statement of `decide` lets the request through.

// Headers the upstream does not get: identity, credentials, hop-by-hop ones and those `Connection` names.
function stripRequest(run) {
  "use strict";
  var forward = run.branch.forward, names = readVariable("request.headers.names") || "", named = run.request.elements("connection");
  names = names.replace(/^\[/, "").replace(/\]$/, "").split(",");
  names.forEach(function (name) {
    var plain = lowerAscii(trimBlanks(name)), hyphened = plain.replace(/_/g, "-");
    if (contains(forward.strip, hyphened) || contains(HOP_BY_HOP, plain) || contains(named, plain) ||
        (hyphened !== plain && contains(POLICY.reads, hyphened))) {
      context.removeVariable("request.header." + trimBlanks(name));
    }
  });
  if (forward.cookies.length > 0 && run.request.header("cookie") !== null) {
    stripCookies(run, forward.cookies);
  }
  forward.query.forEach(function (name) {
    context.removeVariable("request.queryparam." + name);
  });
}

function stripCookies(run, names) {
  "use strict";
  var kept = run.request.header("cookie").split(/[;,]/).filter(function (part) {
    return trimBlanks(part) !== "" && !contains(names, trimBlanks(part.split("=")[0]));
  });
  context.removeVariable("request.header.cookie");
  if (kept.length > 0) {
    context.setVariable("request.header.cookie", kept.map(trimBlanks).join("; "));
  }
}

function passOn(run) {
  "use strict";
  stripRequest(run);
  run.branch.forward.identity(run).forEach(function (entry) {
    context.removeVariable("request.header." + entry[0]);
    if (entry[1] !== null) {
      context.setVariable("request.header." + entry[0], entry[1]);
    }
  });
  context.setVariable("request.header.x-authz-open", openConditions(run).join(","));
  context.setVariable("request.header.x-forwarded-for", run.request.peer() === null ? "" : addressText(run.request.peer()));
  context.setVariable("request.header.x-forwarded-host", run.request.host());
  context.setVariable("seccfg.upstream", run.branch.forward.upstream);
}

// Names of the conditions the service has to decide, sorted.
function openConditions(run) {
  "use strict";
  var found = run.branch.open(run);
  return sortedSet(found);
}

function subjectOf(run) {
  "use strict";
  return run.who === null ? "" : run.who.method;
}

// A key is among the credentials that were good, and its use is an event of its own.
function usedKey(run) {
  "use strict";
  var names = run.chosen === null ? [] : run.branch.alternatives[Number(run.chosen)];
  return contains(run.branch.events, "key.used") && names.some(function (name) {
    return METHODS[name].kind === "key";
  });
}

function decide() {
  "use strict";
  var request = new Request(), number = Number(readVariable("seccfg.branch")), run = new Run(request, branchOf(number), true);
  var found = runSteps(run, 10, 15), last;
  if (run.branch.kind !== "route") {
    return;
  }
  if (found !== null) {
    setAnswer(run, "answer", found);
  }
  context.setVariable("seccfg.method", subjectOf(run));
  handQuotas(run, found !== null && found.step <= 12);
  if (found !== null && found.step < 12) {
    return;
  }
  context.setVariable("seccfg.gate", "go");
  if (found === null) {
    last = run.branch.steps[run.branch.steps.length - 1];
    context.setVariable("seccfg.event", "access.allowed");
    context.setVariable("seccfg.reason", "pass");
    context.setVariable("seccfg.log", contains(run.branch.events, "access.allowed") || usedKey(run) ? "yes" : "no");
    context.setVariable("seccfg.body", request.body() !== "" && request.json(run.branch.depth) !== null ? "json" : "other");
    context.setVariable("seccfg.headers", JSON.stringify(sentHeaders(stepHeaders(run, last[2]))));
    passOn(run);
    context.setVariable("seccfg.decision", "allow");
  }
}

context.setVariable("seccfg.decision", "deny");
context.setVariable("seccfg.gate", "stop");
context.setVariable("seccfg.stage", "decided");
context.removeVariable("seccfg.prepared.answer");
decide();
