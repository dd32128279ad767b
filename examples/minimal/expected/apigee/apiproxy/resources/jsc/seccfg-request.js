// A request in pieces: target, headers, addresses, parameters, body. What is absent is null.

// ------------------------------------------------------------------------------------------------------ addresses
// An address as [family, words of 32 bits]; null for anything but a bare one. IPv4-mapped IPv6 is IPv4.
function readAddress(text) {
  "use strict";
  var found = text === null ? null : readIpv4(text);
  if (found !== null) {
    return [4, [found]];
  }
  return text === null ? null : readIpv6(text);
}

function readIpv4(text) {
  "use strict";
  var parts = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(text), value = 0, i;
  if (parts === null) {
    return null;
  }
  for (i = 1; i < 5; i += 1) {
    if ((parts[i].length > 1 && parts[i].charAt(0) === "0") || Number(parts[i]) > 255) {
      return null;
    }
    value = value * 256 + Number(parts[i]);
  }
  return value;
}

function readIpv6(text) {
  "use strict";
  var halves, tail, ipv4, groups, rest, words = [], i;
  if (!/^[0-9A-Fa-f:]+(?:[0-9.]+)?$/.test(text)) {
    return null;
  }
  if (text.indexOf(".") >= 0) {
    tail = text.substring(text.lastIndexOf(":") + 1);
    ipv4 = readIpv4(tail);
    if (ipv4 === null || text.indexOf(":") < 0) {
      return null;
    }
    text = text.substring(0, text.length - tail.length) + Math.floor(ipv4 / 65536).toString(16) + ":" + (ipv4 % 65536).toString(16);
  }
  halves = text.split("::");
  if (halves.length > 2) {
    return null;
  }
  groups = halves[0] === "" ? [] : halves[0].split(":");
  if (halves.length === 2) {
    rest = halves[1] === "" ? [] : halves[1].split(":");
    if (groups.length + rest.length > 7) {
      return null;
    }
    while (groups.length + rest.length < 8) {
      groups.push("0");
    }
    groups = groups.concat(rest);
  }
  if (groups.length !== 8) {
    return null;
  }
  for (i = 0; i < 8; i += 1) {
    if (!/^[0-9A-Fa-f]{1,4}$/.test(groups[i])) {
      return null;
    }
  }
  for (i = 0; i < 8; i += 2) {
    words.push(parseInt(groups[i], 16) * 65536 + parseInt(groups[i + 1], 16));
  }
  return words[0] === 0 && words[1] === 0 && words[2] === 65535 ? [4, [words[3]]] : [6, words];
}

// Whether some block [family, words, bits] holds the address; null for no address.
function within(address, blocks) {
  "use strict";
  var i, j, bits, same;
  if (address === null) {
    return null;
  }
  for (i = 0; i < blocks.length; i += 1) {
    same = blocks[i][0] === address[0];
    bits = blocks[i][2];
    for (j = 0; same && j < address[1].length && bits > 0; j += 1) {
      same = bits >= 32 ? address[1][j] === blocks[i][1][j] :
        Math.floor(address[1][j] / Math.pow(2, 32 - bits)) === Math.floor(blocks[i][1][j] / Math.pow(2, 32 - bits));
      bits -= 32;
    }
    if (same) {
      return true;
    }
  }
  return false;
}

// The address in its usual spelling (RFC 5952).
function addressText(address) {
  "use strict";
  var groups = [], i, at = -1, size = 0, run = 0, value;
  if (address[0] === 4) {
    value = address[1][0];
    return [Math.floor(value / 16777216), Math.floor(value / 65536) % 256, Math.floor(value / 256) % 256, value % 256].join(".");
  }
  for (i = 0; i < 4; i += 1) {
    groups.push(Math.floor(address[1][i] / 65536).toString(16), (address[1][i] % 65536).toString(16));
  }
  for (i = 0; i < 8; i += 1) {
    run = groups[i] === "0" ? run + 1 : 0;
    if (run > size) {
      size = run;
      at = i - run + 1;
    }
  }
  if (size < 2) {
    return groups.join(":");
  }
  return groups.slice(0, at).join(":") + "::" + groups.slice(at + size).join(":");
}

// The key a limit counts an address by: IPv4 whole, IPv6 by its /64.
function addressKey(address) {
  "use strict";
  if (address[0] === 4) {
    return addressText(address);
  }
  return ("0000000" + address[1][0].toString(16)).slice(-8) + ("0000000" + address[1][1].toString(16)).slice(-8) + "/64";
}

// -------------------------------------------------------------------------------------------------------- request
function Request() {
  "use strict";
  var target = readVariable("request.uri") || "", form, mark;
  this.method = readVariable("request.verb") || "";
  this.target = target;
  this.path = null;
  this.query = null;
  this.authority = null;
  if (target.charAt(0) !== "/") {
    form = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/([^\/?]*)(\/[\s\S]*)$/.exec(target);
    if (form !== null) {
      this.authority = lowerAscii(form[1]);
      target = form[2];
    }
  }
  if (target.charAt(0) === "/") {
    mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.substring(0, mark);
    this.query = mark < 0 ? null : target.substring(mark + 1);
  }
  this.known = {};
}

// All values of the header as one text, null without one. Apigee does not tell several lines from one with commas.
Request.prototype.header = function (name) {
  "use strict";
  var key = "h." + name;
  if (!owns(this.known, key)) {
    this.known[key] = readVariable("request.header." + name + ".values.string");
  }
  return this.known[key];
};
Request.prototype.line = function (name) {
  "use strict";
  var found = this.header(name);
  return found === null ? null : trimBlanks(found);
};
// 0, 1, or 2 for more than one element.
Request.prototype.count = function (name) {
  "use strict";
  var found = this.header(name);
  return found === null ? 0 : found.indexOf(",") < 0 ? 1 : 2;
};
Request.prototype.elements = function (name) {
  "use strict";
  var found = this.header(name), parts = found === null ? [] : found.split(","), kept = [], i;
  for (i = 0; i < parts.length; i += 1) {
    if (trimBlanks(parts[i]) !== "") {
      kept.push(lowerAscii(trimBlanks(parts[i])));
    }
  }
  return kept;
};
Request.prototype.host = function () {
  "use strict";
  var line = this.line("host");
  return line === null ? null : lowerAscii(line.replace(/:[0-9]*$/, ""));
};
// What the load balancer says of the client's connection; it replaces what a client sent.
Request.prototype.tls = function () {
  "use strict";
  var said = this.header("x-forwarded-proto");
  return said !== null && lowerAscii(trimBlanks(said)) === "https";
};
// The address the environment resolves, which has to be the one the load balancer wrote down where POLICY says it does.
Request.prototype.peer = function () {
  "use strict";
  var said, parts, at;
  if (!owns(this.known, "peer")) {
    said = this.header("x-forwarded-for");
    parts = said === null ? [] : said.split(",");
    at = parts.length + POLICY.addressIndex;
    this.known.peer = at < 0 ? null : readAddress(trimBlanks(parts[at]));
    said = readAddress(readVariable("client.resolved.ip"));
    if (said === null || this.known.peer === null || addressText(said) !== addressText(this.known.peer)) {
      this.known.peer = null;
    }
  }
  return this.known.peer;
};
Request.prototype.now = function () {
  "use strict";
  return Math.floor(Number(readVariable("system.timestamp")) / 1000);
};

// ----------------------------------------------------------------------------------------------------------- body
Request.prototype.body = function () {
  "use strict";
  if (!owns(this.known, "body")) {
    this.known.body = readVariable("request.content") || "";
  }
  return this.known.body;
};
Request.prototype.chunked = function () {
  "use strict";
  return this.header("transfer-encoding") !== null;
};
Request.prototype.declaredLength = function () {
  "use strict";
  var said = this.header("content-length");
  if (said !== null) {
    return /^[0-9]{1,18}$/.test(trimBlanks(said)) ? Number(trimBlanks(said)) : null;
  }
  return this.chunked() ? null : utf8Length(this.body());
};
// Bytes of the body; what was no UTF-8 can no longer be counted, and its declared length is taken.
Request.prototype.bodyLength = function () {
  "use strict";
  var declared = this.declaredLength();
  if (declared !== null && this.body().indexOf("\ufffd") >= 0) {
    return declared;
  }
  return utf8Length(this.body());
};
Request.prototype.mediaType = function () {
  "use strict";
  var line = this.line("content-type");
  return line === null ? "" : lowerAscii(trimBlanks(line.split(";")[0]));
};
// The body's value in a list of one, null when it is no JSON of at most that depth.
Request.prototype.json = function (depth) {
  "use strict";
  var key = "json." + depth;
  if (!owns(this.known, key)) {
    this.known[key] = this.body().indexOf("\ufffd") >= 0 ? null : readJson(this.body(), depth, true);
  }
  return this.known[key];
};

// ----------------------------------------------------------------------------------------------------- parameters
// Decoded segments, none for `/`; null where the path cannot be routed.
Request.prototype.segments = function () {
  "use strict";
  var parts, i;
  if (!owns(this.known, "segments")) {
    this.known.segments = null;
    if (this.path === "/") {
      this.known.segments = [];
    } else if (this.path !== null) {
      parts = this.path.split("/").slice(1);
      for (i = 0; i < parts.length; i += 1) {
        parts[i] = unescapePercent(parts[i]);
      }
      this.known.segments = contains(parts, null) ? null : parts;
    }
  }
  return this.known.segments;
};
// [name, value] of every query parameter; null for what is no UTF-8.
Request.prototype.pairs = function () {
  "use strict";
  var pieces, i, mark, found;
  if (!owns(this.known, "pairs")) {
    found = [];
    pieces = this.query === null ? [] : this.query.split("&");
    for (i = 0; i < pieces.length; i += 1) {
      if (pieces[i] !== "") {
        mark = pieces[i].indexOf("=");
        found.push(mark < 0 ? [unescapePercent(pieces[i]), ""] :
          [unescapePercent(pieces[i].substring(0, mark)), unescapePercent(pieces[i].substring(mark + 1))]);
      }
    }
    this.known.pairs = found;
  }
  return this.known.pairs;
};
Request.prototype.queryValues = function (name) {
  "use strict";
  var pairs = this.pairs(), found = [], i;
  for (i = 0; i < pairs.length; i += 1) {
    if (pairs[i][0] === name) {
      found.push(pairs[i][1]);
    }
  }
  return found;
};
Request.prototype.queryNames = function () {
  "use strict";
  var pairs = this.pairs(), found = [], i;
  for (i = 0; i < pairs.length; i += 1) {
    found.push(pairs[i][0] === null ? "\ufffd" : pairs[i][0]);
  }
  return found;
};
