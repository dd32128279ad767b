// Steps 1 to 9, and what the policies after this one need: which tokens VerifyJWT has to check, what to ask of the
// key-value maps, which quotas to ask. Until the last statement the request is refused.

// A key of a key-value map, of letters and digits whatever the text.
function mapKey(text) {
  "use strict";
  var bytes = utf8Bytes(text);
  return sha256(bytes === null ? "" : bytes);
}

function askMaps(run, name, method) {
  "use strict";
  var principal, denied;
  if (method.kind === "jwt" && run.branch.revokes) {
    principal = run.principalOf(name);
    denied = method.denied === null ? null : run.claimText(name, method.denied);
    context.setVariable("seccfg.revocation." + name + ".ask", "yes");
    context.setVariable("seccfg.revocation." + name + ".denied", "denied-" + mapKey(denied === null ? "" : denied));
    context.setVariable("seccfg.revocation." + name + ".principal", mapKey(principal === null ? "" : principal.id));
  }
}

// Step 10 as it ends when VerifyJWT refuses a token, or cannot read its keys.
function prepareAnswers(run) {
  "use strict";
  var found = runSteps(run, 10, 10);
  if (found !== null) {
    setAnswer(run, "untrusted", found);
    run.keysUsable = false;
    found = runSteps(run, 10, 10);
    setAnswer(run, "unreadable", found);
  }
}

function handCredentials(run) {
  "use strict";
  var verified = false;
  run.branch.places.forEach(function (use) {
    var text = run.filled(use[0])[0];
    use[1].forEach(function (name) {
      if (METHODS[name].kind === "key" && METHODS[name].records === null && text !== undefined) {
        context.setVariable("seccfg.key." + name, mapKey(text.split(".")[0]));
      }
    });
  });
  run.presented().forEach(function (credential) {
    var name = credential.method, policy;
    if (name !== "" && METHODS[name].kind === "jwt") {
      policy = run.verifierOf(name);
      if (policy !== null) {
        context.setVariable("seccfg.token." + policy, credential.text);
        context.setVariable("seccfg.verify." + policy, "yes");
        verified = true;
      }
      askMaps(run, name, METHODS[name]);
    }
  });
  if (verified) {
    prepareAnswers(run);
  }
}

function enter() {
  "use strict";
  var request = new Request(), number = findBranch(request), run = new Run(request, branchOf(number), false), found;
  found = runSteps(run, 1, 9);
  context.setVariable("seccfg.branch", String(number));
  context.setVariable("seccfg.route", run.branch.id);
  context.setVariable("seccfg.tls", request.tls() ? "yes" : "no");
  if (found !== null) {
    setAnswer(run, "answer", found);
    return;
  }
  handQuotas(run, false);
  if (run.branch.alternatives.length > 0) {
    handCredentials(run);
  }
  context.setVariable("seccfg.gate", "go");
}

context.setVariable("seccfg.decision", "deny");
context.setVariable("seccfg.gate", "stop");
context.setVariable("seccfg.stage", "entered");
enter();
