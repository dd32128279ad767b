// Who makes the request: credentials in the branch's places, tokens, keys, certificates, and the principal they give.
// A token's signature is not checked here: VerifyJWT does that, and `signature` reads its result.

var LONGEST_CREDENTIAL = 8192;

// A request on its branch. `signed`: VerifyJWT has run, and its results count.
function Run(request, branch, signed) {
  "use strict";
  this.request = request;
  this.branch = branch;
  this.signed = signed;
  this.keysUsable = true;
  this.known = {};
  this.who = null;
  this.chosen = null;
  this.enforced = [];
  this.charged = [];
}

// ---------------------------------------------------------------------------------------------------------- places
// Credentials in a place: `bearer`, `header NAME`, `cookie NAME` or `query NAME`.
Run.prototype.filled = function (place) {
  "use strict";
  var key = "filled." + place;
  if (!owns(this.known, key)) {
    this.known[key] = this.credentialsIn(place);
  }
  return this.known[key];
};
Run.prototype.credentialsIn = function (place) {
  "use strict";
  var mark = place.indexOf(" "), kind = mark < 0 ? place : place.substring(0, mark), name = place.substring(mark + 1);
  var text, values, found = [], i, at;
  if (kind === "bearer") {
    text = this.request.line("authorization");
    at = text === null ? -1 : text.indexOf(" ");
    if (text !== null && lowerAscii(at < 0 ? text : text.substring(0, at)) === "bearer") {
      found.push(at < 0 ? "" : text.substring(at + 1));
    }
    return found;
  }
  if (kind === "header") {
    text = this.request.line(name);
    return text === null ? [] : text.split(",");
  }
  if (kind === "query") {
    values = this.request.queryValues(name);
    for (i = 0; i < values.length; i += 1) {
      found.push(values[i] === null ? "\ufffd" : values[i]);
    }
    return found;
  }
  text = this.request.header("cookie");
  values = text === null ? [] : text.split(/[;,]/);
  for (i = 0; i < values.length; i += 1) {
    at = values[i].indexOf("=");
    if (at >= 0 && trimBlanks(values[i].substring(0, at)) === name) {
      found.push(trimBlanks(values[i].substring(at + 1)));
    } else if (at < 0 && trimBlanks(values[i]) === name) {
      found.push("");
    }
  }
  return found;
};

// {place, methods, text, method} of every filled place of the branch; method "" where nobody claims the credential.
Run.prototype.presented = function () {
  "use strict";
  var i, use, texts;
  if (!owns(this.known, "presented")) {
    this.known.presented = [];
    for (i = 0; i < this.branch.places.length; i += 1) {
      use = this.branch.places[i];
      texts = this.filled(use[0]);
      if (texts.length > 0) {
        this.known.presented.push({place: use[0], methods: use[1], text: texts[0], method: this.claimant(texts[0], use[1])});
      }
    }
  }
  return this.known.presented;
};
Run.prototype.claimant = function (text, names) {
  "use strict";
  var parts = text.length <= LONGEST_CREDENTIAL ? tokenParts(text) : null, i, method;
  if (names.length === 1 && METHODS[names[0]].kind !== "jwt") {
    return names[0];
  }
  for (i = 0; i < names.length; i += 1) {
    method = METHODS[names[i]];
    if (method.kind === "jwt" && parts !== null && parts.payload.get("iss") === method.issuer) {
      return names[i];
    }
    if (method.kind === "key" && parts === null && this.recordOf(names[i], text.split(".")[0]) !== null) {
      return names[i];
    }
  }
  return "";
};
Run.prototype.filledTwice = function () {
  "use strict";
  var run = this;
  return this.branch.places.some(function (use) {
    return run.filled(use[0]).length > 1;
  });
};
Run.prototype.fromCookie = function () {
  "use strict";
  return this.presented().some(function (credential) {
    return startsWith(credential.place, "cookie ");
  });
};
Run.prototype.credentials = function () {
  "use strict";
  return this.presented().map(function (credential) {
    return credential.method;
  });
};
// What the first credential nobody claims is taken for.
Run.prototype.unclaimed = function () {
  "use strict";
  var found = this.presented().filter(function (credential) {
    return credential.method === "";
  }), keys;
  if (found.length === 0) {
    return null;
  }
  keys = found[0].methods.filter(function (name) {
    return METHODS[name].kind === "key";
  });
  if (keys.length === found[0].methods.length) {
    return "key";
  }
  return keys.length > 0 && tokenParts(found[0].text) === null ? "key" : "token";
};
Run.prototype.credential = function (method) {
  "use strict";
  var found = this.presented().filter(function (credential) {
    return credential.method === method;
  });
  return found.length === 0 ? "" : found[0].text;
};

// ---------------------------------------------------------------------------------------------------------- tokens
// {header, payload} of a text with the shape of a signed token, else null.
function tokenParts(text) {
  "use strict";
  var pieces = /^([A-Za-z0-9_\-]*)\.([A-Za-z0-9_\-]*)\.([A-Za-z0-9_\-]*)$/.exec(text), found = [], i, bytes, read;
  if (pieces === null || pieces[3].length % 4 === 1) {
    return null;
  }
  for (i = 1; i < 3; i += 1) {
    bytes = decodeBase64(pieces[i]);
    bytes = bytes === null ? null : decodeUtf8(bytes);
    read = bytes === null ? null : readJson(bytes, 400, false);
    if (read === null || !(read[0] instanceof Members)) {
      return null;
    }
    found.push(read[0]);
  }
  return {header: found[0], payload: found[1]};
}

Run.prototype.token = function (method) {
  "use strict";
  var key = "token." + method;
  if (!owns(this.known, key)) {
    this.known[key] = tokenParts(this.credential(method));
  }
  return this.known[key];
};
Run.prototype.headerNames = function (method) {
  "use strict";
  var parts = this.token(method);
  return parts === null ? [] : parts.header.names;
};
Run.prototype.headerText = function (method, name) {
  "use strict";
  var parts = this.token(method), found = parts === null ? null : parts.header.get(name);
  return isText(found) ? found : null;
};
// The VerifyJWT policy for tokens of that algorithm, null for none.
Run.prototype.verifierOf = function (method) {
  "use strict";
  var family = (this.headerText(method, "alg") || "").substring(0, 2), policies = METHODS[method].policies;
  return owns(policies, family) ? policies[family] : null;
};
// The key set of the build names the algorithms of each of its keys; of a key set read from a URL nothing is known here.
Run.prototype.keyFits = function (method) {
  "use strict";
  var keys = METHODS[method].keys, kid = this.headerText(method, "kid"), alg = this.headerText(method, "alg");
  return keys === null || (kid !== null && owns(keys, kid) && contains(keys[kid], alg));
};
Run.prototype.signature = function (method) {
  "use strict";
  var policy = this.verifierOf(method);
  return this.signed && policy !== null && this.keyFits(method) && readVariable("jwt." + policy + ".valid") === "true";
};

// What a list of member names leads to in the token's payload, undefined when nowhere.
Run.prototype.claim = function (method, path) {
  "use strict";
  var parts = this.token(method);
  return parts === null ? undefined : memberAt(parts.payload, path);
};
function memberAt(value, path) {
  "use strict";
  var i;
  for (i = 0; i < path.length; i += 1) {
    if (!(value instanceof Members) || !value.has(path[i])) {
      return undefined;
    }
    value = value.get(path[i]);
  }
  return value;
}
Run.prototype.hasClaim = function (method, path) {
  "use strict";
  return this.claim(method, path) !== undefined;
};
Run.prototype.claimText = function (method, path) {
  "use strict";
  var found = this.claim(method, path);
  return isText(found) ? found : null;
};
Run.prototype.claimTexts = function (method, path) {
  "use strict";
  var found = this.claim(method, path);
  if (isText(found)) {
    return [found];
  }
  return Array.isArray(found) && found.every(isText) ? found : null;
};
Run.prototype.claimNumber = function (method, path) {
  "use strict";
  var found = this.claim(method, path);
  return isNumber(found) ? found : null;
};

// ------------------------------------------------------------------------------------------------------------ keys
// The record of that id: one the build knows, or what the key-value map of the environment held.
Run.prototype.recordOf = function (method, id) {
  "use strict";
  var records = METHODS[method].records, read, found;
  if (records !== null) {
    return owns(records, "." + id) ? records["." + id] : null;
  }
  found = readVariable("private.seccfg.key." + method);
  read = found === null ? null : readJson(found, 20, true);
  return read === null || !(read[0] instanceof Members) || read[0].get("id") !== id ? null : recordFrom(read[0]);
};
// The record whose digest the credential has.
Run.prototype.keyRecord = function (method) {
  "use strict";
  var key = "record." + method, text, id, record;
  if (!owns(this.known, key)) {
    text = this.credential(method);
    id = text.split(".")[0];
    record = text.indexOf(".") < 0 || !isAscii(text) ? null : this.recordOf(method, id);
    this.known[key] = record !== null && sha256(text) === record.sha256 ? record : null;
  }
  return this.known[key];
};
Run.prototype.keyId = function (method) {
  "use strict";
  var record = this.keyRecord(method);
  return record === null ? null : record.id;
};
Run.prototype.keyTime = function (method, end) {
  "use strict";
  var record = this.keyRecord(method);
  return record === null ? null : record[end];
};
Run.prototype.keyAddress = function (method) {
  "use strict";
  var record = this.keyRecord(method);
  return record !== null && (record.addresses.length === 0 || within(this.request.peer(), record.addresses) === true);
};

// ---------------------------------------------------------------------------------------------------- certificates
// The load balancer ends the handshake, checks the chain and writes these headers in place of any a client sent.
Run.prototype.certificate = function () {
  "use strict";
  return this.request.line("x-client-cert-present") === "true";
};
Run.prototype.certificateValid = function (method) {
  "use strict";
  return METHODS[method].trusted && this.certificate() && this.request.line("x-client-cert-chain-verified") === "true";
};
// What the pattern finds in the only URI that fits it, null for none or several.
Run.prototype.sanMatch = function (method) {
  "use strict";
  var said = this.certificate() ? this.request.header("x-client-cert-uri-sans") : null, parts, found = [], i, text, match;
  parts = said === null ? [] : said.split(",");
  for (i = 0; i < parts.length; i += 1) {
    text = decodeBase64(trimBlanks(parts[i]).replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_"));
    match = text === null ? null : METHODS[method].san.exec(text);
    if (match !== null) {
      found.push(match);
    }
  }
  return found.length === 1 ? found[0] : null;
};
Run.prototype.san = function (method) {
  "use strict";
  var found = this.sanMatch(method);
  return found === null ? null : found[0];
};

// ------------------------------------------------------------------------------------------------------ principals
// Words of a claim: an array of texts, or one text split at spaces; anything else is none.
function wordsOf(value) {
  "use strict";
  var found = isText(value) ? value.split(" ") : value;
  if (!Array.isArray(found) || !found.every(isText)) {
    return [];
  }
  return sortedSet(found);
}

function sortedSet(texts) {
  "use strict";
  var i, kept = [], sorted = texts.slice().sort(byCodePoint);
  for (i = 0; i < sorted.length; i += 1) {
    if (sorted[i] !== "" && (kept.length === 0 || kept[kept.length - 1] !== sorted[i])) {
      kept.push(sorted[i]);
    }
  }
  return kept;
}

// Surrogates sort above every other character, as the code points they stand for.
function byCodePoint(left, right) {
  "use strict";
  var i, a, b;
  for (i = 0; i < left.length && i < right.length; i += 1) {
    a = left.charCodeAt(i);
    b = right.charCodeAt(i);
    if (a !== b) {
      a = a >= 0xe000 ? a - 0x800 : a >= 0xd800 ? a + 0x2000 : a;
      b = b >= 0xe000 ? b - 0x800 : b >= 0xd800 ? b + 0x2000 : b;
      return a - b;
    }
  }
  return left.length - right.length;
}

// The roles that the method may assert of those named, and every role they give.
function closedRoles(method, named) {
  "use strict";
  var found = [], i;
  for (i = 0; i < named.length; i += 1) {
    if (contains(METHODS[method].asserts, named[i]) && owns(ROLES, "." + named[i])) {
      found = found.concat(ROLES["." + named[i]]);
    }
  }
  return sortedSet(found);
}

// The principal a method's credential gives; null without one.
Run.prototype.principalOf = function (name) {
  "use strict";
  var method = METHODS[name];
  if (method.kind === "jwt") {
    return this.tokenPrincipal(name, method);
  }
  return method.kind === "key" ? this.keyPrincipal(name, method) : this.certificatePrincipal(name, method);
};
Run.prototype.tokenPrincipal = function (name, method) {
  "use strict";
  var subject = this.claimText(name, method.subject), client = this.claim(name, ["azp"]), attributes = {}, i, value;
  if (subject === null) {
    return null;
  }
  if (client === undefined) {
    client = this.claim(name, ["client_id"]);
  }
  for (i = 0; i < method.attributes.length; i += 1) {
    value = this.claim(name, method.attributes[i][1]);
    attributes["." + method.attributes[i][0]] = value === undefined ? null : value;
  }
  return {
    id: method.prefix + subject, method: name, subject: subject,
    roles: method.roles === null ? [] : closedRoles(name, wordsOf(this.claim(name, method.roles))),
    scopes: method.scopes === null ? [] : wordsOf(this.claim(name, method.scopes)),
    client: isText(client) && owns(method.clients, "." + client) ? method.clients["." + client] : null,
    attributes: attributes, fromText: false
  };
};
Run.prototype.keyPrincipal = function (name, method) {
  "use strict";
  var record = this.keyRecord(name);
  return record === null ? null : {
    id: method.prefix + record.id, method: name, subject: record.subject, roles: closedRoles(name, record.roles),
    scopes: sortedSet(record.scopes), client: null, attributes: record.attributes, fromText: false
  };
};
Run.prototype.certificatePrincipal = function (name, method) {
  "use strict";
  var match = this.sanMatch(name), attributes = {}, i;
  if (match === null) {
    return null;
  }
  for (i = 0; i < method.captures.length; i += 1) {
    if (method.captures[i] !== "") {
      attributes["." + method.captures[i]] = match[i + 1];
    }
  }
  return {
    id: method.prefix + match[0], method: name, subject: match[0], roles: closedRoles(name, method.gives), scopes: [],
    client: null, attributes: attributes, fromText: true
  };
};
// Every credential of the alternative is good: its first method gives the principal.
Run.prototype.choose = function (alternative) {
  "use strict";
  this.chosen = String(alternative);
  this.who = this.principalOf(this.branch.alternatives[alternative][0]);
};
Run.prototype.principal = function (field) {
  "use strict";
  return this.who === null ? null : this.who[field];
};

// ------------------------------------------------------------------------------------------------------ revocation
// The map has to say that it was filled: a map that cannot be read looks like one that holds nothing.
Run.prototype.revocationStore = function (method) {
  "use strict";
  return readVariable("private.seccfg.revocation." + method + ".filled") === "yes";
};
Run.prototype.revocationReadable = function () {
  "use strict";
  var run = this;
  return this.presented().every(function (credential) {
    return credential.method === "" || METHODS[credential.method].kind !== "jwt" || run.revocationStore(credential.method);
  });
};
Run.prototype.denied = function (method) {
  "use strict";
  return readVariable("private.seccfg.revocation." + method + ".denied") !== null;
};
Run.prototype.revocationNumber = function (method, name) {
  "use strict";
  var found = readVariable("private.seccfg.revocation." + method + "." + name);
  return found === null ? null : /^-?[0-9]{1,15}$/.test(found) ? Number(found) : Infinity;
};

// A record as the key-value map holds it.
function recordFrom(members) {
  "use strict";
  var attributes = {}, held = members.get("attributes"), blocks = members.get("addresses") || [];
  if (held instanceof Members) {
    held.names.forEach(function (name) {
      attributes["." + name] = held.get(name);
    });
  }
  return {
    id: members.get("id"), sha256: members.get("sha256"), subject: String(members.get("subject")),
    roles: members.get("roles") || [], scopes: members.get("scopes") || [], attributes: attributes,
    notBefore: members.has("not_before") ? momentOf(members.get("not_before"), Infinity) : null,
    expires: members.has("expires") ? momentOf(members.get("expires"), -Infinity) : null,
    addresses: blocks.map(readBlock)
  };
}

// Seconds of a time as text or number; what cannot be read makes the record useless.
function momentOf(value, otherwise) {
  "use strict";
  var seconds = isNumber(value) ? value : isText(value) ? readTimestamp(value) : null;
  return value === null ? null : seconds === null ? otherwise : seconds;
}

function readBlock(text) {
  "use strict";
  var parts = String(text).split("/"), address = readAddress(parts[0]), whole = address === null || address[0] === 6 ? 128 : 32;
  var bits = parts.length < 2 ? whole : /^[0-9]{1,3}$/.test(parts[1]) ? Number(parts[1]) : -1;
  return address === null || bits < 0 || bits > whole ? [0, [], 0] : [address[0], address[1], bits];
}
