// Gives answers their status, headers and body. In a response it adds the headers that depend on the request; in the error
// flow it puts the prepared answer in place of whatever Apigee would say. Without a prepared answer: `internal`.

function readText(name) {
  "use strict";
  var value = context.getVariable(name);
  return value === null || value === undefined ? null : String(value);
}

function setHeaders(headers) {
  "use strict";
  headers.forEach(function (header) {
    var held = header[0] === "vary" ? readText("message.header.vary.values.string") : null;
    context.setVariable("message.header." + header[0], held === null ? header[1] : held + ", " + header[1]);
  });
}

// Whole seconds until the quota admits one more, at least one.
function retryAfter(policies) {
  "use strict";
  var i, until;
  for (i = 0; i < policies.length; i += 1) {
    until = readText("ratelimit." + policies[i] + ".expiry.time");
    if (isExhausted(policies[i]) && until !== null) {
      return Math.max(1, Math.ceil((Number(until) - Number(readText("system.timestamp"))) / 1000));
    }
  }
  return 1;
}

function isExhausted(policy) {
  "use strict";
  return readText("ratelimit." + policy + ".failed") === "true";
}

function policiesOf(number) {
  "use strict";
  return ["Q-" + number, "QE-" + number, "SA-" + number];
}

// The answer of the first exhausted quota, in the order they were asked.
function limitedAnswer() {
  "use strict";
  var asked = JSON.parse(readText("seccfg.asked") || "[]"), found, failed = asked.filter(function (number) {
    return policiesOf(number).some(isExhausted);
  });
  if (failed.length === 0) {
    return null;
  }
  found = JSON.parse(readText("seccfg.limited." + failed[0]));
  found.headers.push(["retry-after", String(retryAfter(policiesOf(failed[0])))]);
  return [found, "[]"];
}

// What Apigee calls a token that is not good; any other fault of VerifyJWT is our side's.
var TOKEN_FAULTS = [
  "AlgorithmInTokenNotPresentInConfiguration", "AlgorithmMismatch", "FailedToDecode", "InvalidClaim", "InvalidCurve",
  "InvalidJsonFormat", "InvalidToken", "JwtAudienceMismatch", "JwtIssuerMismatch", "JwtSubjectMismatch", "KeyIdMissing",
  "NoAlgorithmFoundInHeader", "NoMatchingPublicKey", "TokenExpired", "TokenNotYetValid", "UnhandledCriticalHeader", "WrongKeyType"
];

function prepared(name) {
  "use strict";
  var text = readText("seccfg.prepared." + name);
  return text === null ? null : [JSON.parse(text), readText("seccfg.prepared." + name + ".charges") || "[]"];
}

function answerOfFault() {
  "use strict";
  var fault = readText("fault.name"), found = null;
  if (fault === "RaiseFault") {
    found = prepared("answer");
  } else if (fault === "QuotaViolation" || fault === "SpikeArrestViolation") {
    found = limitedAnswer();
  } else if (readText("JWT.failed") === "true" && readText("seccfg.stage") === "entered") {
    found = prepared(TOKEN_FAULTS.indexOf(fault) >= 0 ? "untrusted" : "unreadable");
  }
  return found === null ? [JSON.parse(String(properties.internal)), "[]"] : found;
}

function answerError() {
  "use strict";
  var chosen = answerOfFault(), found = chosen[0];
  setHeaders(found.headers);
  context.setVariable("message.status.code", String(found.status));
  context.setVariable("message.content", found.content);
  if (found.type !== "") {
    context.setVariable("message.header.content-type", found.type);
  }
  context.setVariable("seccfg.reason", found.reason);
  context.setVariable("seccfg.event", found.event);
  context.setVariable("seccfg.log", found.log ? "yes" : "no");
  JSON.parse(chosen[1]).forEach(function (charge) {
    context.setVariable("seccfg.quota." + charge[0] + ".key", charge[1]);
    context.setVariable("seccfg.quota." + charge[0] + ".size", String(charge[2]));
    context.setVariable("seccfg.quota." + charge[0] + ".failure", "yes");
  });
}

if (String(properties.mode) === "response") {
  setHeaders(JSON.parse(readText("seccfg.headers") || "[]"));
} else {
  answerError();
}
