// What VerifyJWT does not ask of a token it found good, and what the token says of who sends it: `seccfg.token` is "good" in the
// end, `seccfg.role.NAME` and `seccfg.scope.NAME` are "yes" for what it may assert, `seccfg.client` is the client's name.

function given(name) {
  "use strict";
  return JSON.parse(String(properties[name]));
}

function hasPlainHeader(header) {
  "use strict";
  var types = ["JWT", "at+jwt", "application/at+jwt"];
  return header !== null && (!owns(header, "typ") || types.indexOf(header.typ) >= 0) &&
    ["crit", "jku", "jwk", "x5u", "b64"].every(function (name) {
      return !owns(header, name);
    });
}

function hasPlainTimes(claims, most, allowance) {
  "use strict";
  var now = Math.floor(Number(read("system.timestamp")) / 1000);
  return isNumber(claims.exp) && (most === 0 || (isNumber(claims.iat) && now - claims.iat < most + allowance)) &&
    ["nbf", "iat"].every(function (name) {
      return !owns(claims, name) || isNumber(claims[name]);
    });
}

function isForUs(audience, ours) {
  "use strict";
  var found = isText(audience) ? [audience] : audience;
  return Array.isArray(found) && found.every(isText) && found.some(function (name) {
    return ours.indexOf(name) >= 0;
  });
}

function readToken(policy) {
  "use strict";
  var claims = readObject("jwt." + policy + ".payload-json"), subject, client, clients = given("clients");
  if (claims === null || !hasPlainHeader(readObject("jwt." + policy + ".header-json"))) {
    return;
  }
  subject = claim(claims, given("subject"));
  if (!hasPlainTimes(claims, given("maxAge"), given("allowance")) || !isForUs(claims.aud, given("audiences")) ||
      !isText(subject) || subject === "" || !isUsable(subject)) {
    return;
  }
  words(claim(claims, given("rolesClaim"))).forEach(function (role) {
    if (given("roles").indexOf(role) >= 0) {
      context.setVariable("seccfg.role." + role, "yes");
    }
  });
  words(claim(claims, given("scopesClaim"))).forEach(function (scope) {
    if (given("scopes").indexOf(scope) >= 0) {
      context.setVariable("seccfg.scope." + scope, "yes");
    }
  });
  client = owns(claims, "azp") ? claims.azp : claims.client_id;
  if (isText(client) && owns(clients, client)) {
    context.setVariable("seccfg.client", clients[client]);
  }
  context.setVariable("seccfg.method", String(properties.method));
  context.setVariable("seccfg.principal", String(properties.method) + "|" + subject);
  context.setVariable("seccfg.token", "good");
}

readToken(String(properties.policy));
