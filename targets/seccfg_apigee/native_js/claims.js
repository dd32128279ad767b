// Values of a verified token and of the path, for those scripts that judge them. What is absent or of another type is null.

function read(name) {
  "use strict";
  var value = context.getVariable(name);
  return value === null || value === undefined ? null : String(value);
}

function owns(table, name) {
  "use strict";
  return Object.prototype.hasOwnProperty.call(table, name);
}

// A JSON object VerifyJWT has checked; null for what cannot be read.
function readObject(name) {
  "use strict";
  var found;
  try {
    found = JSON.parse(read(name));
  } catch (problem) {
    return null;
  }
  return isObject(found) ? found : null;
}

function isObject(value) {
  "use strict";
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value) {
  "use strict";
  return typeof value === "string";
}

// No NUL, no U+FFFD, no half of a surrogate pair.
function isUsable(text) {
  "use strict";
  return !/[\x00\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function isNumber(value) {
  "use strict";
  return typeof value === "number" && value >= -9007199254740991 && value <= 9007199254740991;
}

// What a list of member names leads to, null when nowhere.
function claim(claims, path) {
  "use strict";
  var value = claims, i;
  for (i = 0; i < path.length; i += 1) {
    if (!isObject(value) || !owns(value, path[i])) {
      return null;
    }
    value = value[path[i]];
  }
  return value;
}

function isUnlikeBefore(text, at, texts) {
  "use strict";
  return text !== "" && (at === 0 || texts[at - 1] !== text);
}

// An array of texts, or one text split at spaces, each once; anything else is none.
function words(value) {
  "use strict";
  var found = isText(value) ? value.split(" ") : value;
  return Array.isArray(found) && found.every(isText) ? found.slice().sort().filter(isUnlikeBefore) : [];
}

function typed(value, kind) {
  "use strict";
  switch (kind) {
  case "string":
    return isText(value) && isUsable(value) ? value : null;
  case "boolean":
    return typeof value === "boolean" ? value : null;
  case "number":
    return isNumber(value) ? value : null;
  case "integer":
    return isNumber(value) && Math.floor(value) === value ? value : null;
  default:
    return null;
  }
}

function typedList(value, kind) {
  "use strict";
  return Array.isArray(value) && value.every(function (item) {
    return typed(item, kind) !== null;
  }) ? value : null;
}

function startsWith(text, part) {
  "use strict";
  return text.substring(0, part.length) === part;
}

function endsWith(text, part) {
  "use strict";
  return part.length <= text.length && text.substring(text.length - part.length) === part;
}

function isAscii(text) {
  "use strict";
  return !/[^\x00-\x7f]/.test(text);
}

// The segment of the path at that place as a text or a whole number. The path is as it was sent, and holds no byte that is no UTF-8.
function segment(at, kind) {
  "use strict";
  var parts = (read("seccfg.target") || "").split("?")[0].split("/"), text;
  if (at + 1 >= parts.length) {
    return null;
  }
  text = decodeURIComponent(parts[at + 1]);
  if (kind === "string") {
    return typed(text, kind);
  }
  return /^-?(?:0|[1-9][0-9]{0,15})$/.test(text) ? typed(Number(text), "integer") : null;
}

// The claim that says so in a token of that method.
function attribute(claims, paths, method) {
  "use strict";
  return method !== null && owns(paths, method) ? claim(claims, paths[method]) : null;
}

// Every role that those named give, sorted.
function closed(named, gives) {
  "use strict";
  var found = [];
  named.forEach(function (role) {
    if (owns(gives, role)) {
      found = found.concat(gives[role]);
    }
  });
  return found.sort().filter(isUnlikeBefore);
}
