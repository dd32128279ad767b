// What no policy looks at: a request that two readers could take for two different ones. `seccfg.wellformed` is "yes" for any
// other; besides, the host asked for, the target as it goes on, and what `Authorization` holds.

function read(name) {
  "use strict";
  var value = context.getVariable(name);
  return value === null || value === undefined ? null : String(value);
}

// All lines of a header as one text: Apigee does not tell them from one line with commas.
function header(name) {
  "use strict";
  var found = read("request.header." + name + ".values.string");
  return found === null ? null : found.replace(/^[ \t]+|[ \t]+$/g, "");
}

function lower(text) {
  "use strict";
  return text.replace(/[A-Z]+/g, function (found) {
    return found.toLowerCase();
  });
}

// Nothing in the path is spelt in two ways: no empty or dot segment, no escape of a slash, a backslash, a control character or
// a character that needs none, no bytes that are no UTF-8.
function isPlainPath(path) {
  "use strict";
  if (!/^(?:\/(?:[^\/\\;%]|%[0-9A-Fa-f]{2})+)*\/?$/.test(path) || /\/\.\.?(?:\/|$)/.test(path)) {
    return false;
  }
  if (/%(?:[01][0-9A-F]|2[DEF]|3[0-9]|4[1-9A-F]|5[0-9ACF]|6[1-9A-F]|7[0-9AEF])/i.test(path)) {
    return false;
  }
  return isUtf8(unescape(path));
}

// Unicode, table 3-7; each character of `bytes` is one byte.
function isUtf8(bytes) {
  "use strict";
  return /^(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*$/.test(bytes);
}

function isWellFormed(target, host) {
  "use strict";
  var query = target.indexOf("?"), path = query < 0 ? target : target.substring(0, query), length = header("content-length");
  if (target.charAt(0) !== "/" || !/^[!-"$-~]+$/.test(read("request.uri")) || !isPlainPath(path) || /%(?![0-9A-Fa-f]{2})/.test(target)) {
    return false;
  }
  if (/^(?:CONNECT|TRACE)$/.test(read("request.verb")) || header("upgrade") !== null) {
    return false;
  }
  if (host === null || host.indexOf(",") >= 0 || (header("authorization") || "").indexOf(",") >= 0) {
    return false;
  }
  if (length !== null && (!/^[0-9]{1,18}$/.test(length) || header("transfer-encoding") !== null)) {
    return false;
  }
  return ["x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"].every(function (name) {
    return header(name) === null;
  });
}

// "none", "bad" for what cannot be a signed token, or "token".
function readCredential() {
  "use strict";
  var found = /^bearer(?: ([\s\S]*))?$/i.exec(header("authorization") || ""), token = found === null ? null : found[1] || "";
  var parts = /^([\w\-]*)\.([\w\-]*)\.([\w\-]*)$/.exec(token || "");
  if (token === null) {
    return "none";
  }
  if (parts === null || token.length > 8192 || [1, 2, 3].some(function (at) { return parts[at].length % 4 === 1; })) {
    return "bad";
  }
  context.setVariable("seccfg.bearer", token);
  return "token";
}

function check() {
  "use strict";
  var host = header("host"), target = read("request.uri") || "", whole = /^https?:\/\/([^\/?]*)(\/[\s\S]*)$/i.exec(target);
  var addresses = (header("x-forwarded-for") || "").split(","), address = addresses[addresses.length + Number(properties.addressIndex)];
  if (whole !== null) {
    target = host !== null && lower(whole[1]) === lower(host) ? whole[2] : "";
  }
  context.setVariable("seccfg.target", target);
  context.setVariable("seccfg.host", host === null ? "" : lower(host.replace(/:[0-9]*$/, "")));
  context.setVariable("seccfg.credential", readCredential());
  if (address !== undefined && address.replace(/[ \t]/g, "") === read("client.resolved.ip")) {
    context.setVariable("seccfg.address", "resolved");
  }
  if (isWellFormed(target, host)) {
    context.setVariable("seccfg.wellformed", "yes");
  }
}

check();
