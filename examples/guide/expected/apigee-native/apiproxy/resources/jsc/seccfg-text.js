// Texts, bytes and JSON. ES5 for Rhino: nothing here needs a newer engine or a strict mode.

// The flow variable as a text, null when it is not set. String(null) would be the text "null".
function readVariable(name) {
  "use strict";
  var value = context.getVariable(name);
  return value === null || value === undefined ? null : String(value);
}

function owns(table, name) {
  "use strict";
  return Object.prototype.hasOwnProperty.call(table, name);
}

function contains(texts, text) {
  "use strict";
  return texts.indexOf(text) >= 0;
}

function isText(value) {
  "use strict";
  return typeof value === "string";
}

// A number every host holds exactly enough to compare.
function isNumber(value) {
  "use strict";
  return typeof value === "number" && value >= -9007199254740991 && value <= 9007199254740991;
}

function trimBlanks(text) {
  "use strict";
  return text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}

function lowerAscii(text) {
  "use strict";
  return text.replace(/[A-Z]+/g, function (found) {
    return found.toLowerCase();
  });
}

// A text that no UTF-8 can hold.
function hasLoneSurrogate(text) {
  "use strict";
  return /[\ud800-\udfff]/.test(text) &&
    /[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function isAscii(text) {
  "use strict";
  return !/[^\x00-\x7f]/.test(text);
}

// Text of UTF-8 bytes, each byte one character; null when they are ill-formed (Unicode, table 3-7).
function decodeUtf8(bytes) {
  "use strict";
  var out = "", at = 0, first, length, code, low, next, i;
  if (isAscii(bytes)) {
    return bytes;
  }
  while (at < bytes.length) {
    first = bytes.charCodeAt(at);
    if (first < 0x80) {
      out += bytes.charAt(at);
      at += 1;
      continue;
    }
    if (first >= 0xc2 && first <= 0xdf) {
      length = 1;
      code = first & 0x1f;
      low = 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
      length = 2;
      code = first & 0x0f;
      low = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
      length = 3;
      code = first & 0x07;
      low = 0x10000;
    } else {
      return null;
    }
    for (i = 1; i <= length; i += 1) {
      next = at + i < bytes.length ? bytes.charCodeAt(at + i) : 0;
      if ((next & 0xc0) !== 0x80 || next > 0xff) {
        return null;
      }
      code = code * 64 + (next & 0x3f);
    }
    if (code < low || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      return null;
    }
    if (code > 0xffff) {
      code -= 0x10000;
      out += String.fromCharCode(0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
    } else {
      out += String.fromCharCode(code);
    }
    at += length + 1;
  }
  return out;
}

// How many bytes the text is in UTF-8.
function utf8Length(text) {
  "use strict";
  var size = text.length, i, code;
  if (isAscii(text)) {
    return size;
  }
  for (i = 0; i < text.length; i += 1) {
    code = text.charCodeAt(i);
    if (code > 0x7ff) {
      size += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    } else if (code > 0x7f) {
      size += 1;
    }
  }
  return size;
}

// Percent-decoded once; null when that is no UTF-8. Characters beyond Latin-1 cannot stand in a request line.
function unescapePercent(text) {
  "use strict";
  if (text.indexOf("%") < 0) {
    return decodeUtf8(text);
  }
  return decodeUtf8(text.replace(/%([0-9A-Fa-f]{2})/g, function (whole, digits) {
    return String.fromCharCode(parseInt(digits, 16));
  }));
}

var BASE64_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Bytes of base64url text without padding, each one character; null for a length no bytes have.
function decodeBase64(text) {
  "use strict";
  var out = [], bits = 0, held = 0, i, value;
  if (text.length % 4 === 1) {
    return null;
  }
  for (i = 0; i < text.length; i += 1) {
    value = BASE64_MARKS.indexOf(text.charAt(i));
    if (value < 0) {
      return null;
    }
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push(String.fromCharCode((held >> bits) & 0xff));
    }
  }
  return out.join("");
}

// --------------------------------------------------------------------------------------------------------- JSON
// An object of a JSON text; no member name can reach a prototype.
function Members() {
  "use strict";
  this.names = [];
  this.held = {};
}
Members.prototype.has = function (name) {
  "use strict";
  return owns(this.held, "." + name);
};
Members.prototype.get = function (name) {
  "use strict";
  return this.has(name) ? this.held["." + name] : undefined;
};
Members.prototype.set = function (name, value) {
  "use strict";
  if (!this.has(name)) {
    this.names.push(name);
  }
  this.held["." + name] = value;
};

function NotJson() {
  "use strict";
  this.name = "NotJson";
}

// Reads JSON of at most `deepest` levels; with `unique` a member named twice and lone surrogates are refused.
function JsonReader(text, deepest, unique) {
  "use strict";
  this.text = text;
  this.deepest = deepest;
  this.unique = unique;
  this.at = 0;
}
JsonReader.prototype.space = function () {
  "use strict";
  var code = this.text.charCodeAt(this.at);
  while (code === 32 || code === 10 || code === 13 || code === 9) {
    this.at += 1;
    code = this.text.charCodeAt(this.at);
  }
};
JsonReader.prototype.whole = function () {
  "use strict";
  var value;
  this.space();
  value = this.value(0);
  this.space();
  if (this.at !== this.text.length) {
    throw new NotJson();
  }
  return value;
};
JsonReader.prototype.value = function (depth) {
  "use strict";
  var mark = this.text.charAt(this.at);
  if (mark === "{") {
    return this.object(depth + 1);
  }
  if (mark === "[") {
    return this.array(depth + 1);
  }
  if (mark === "\"") {
    return this.string();
  }
  if (mark === "t") {
    return this.word("true", true);
  }
  if (mark === "f") {
    return this.word("false", false);
  }
  if (mark === "n") {
    return this.word("null", null);
  }
  return this.number();
};
JsonReader.prototype.word = function (word, value) {
  "use strict";
  if (this.text.substr(this.at, word.length) !== word) {
    throw new NotJson();
  }
  this.at += word.length;
  return value;
};
JsonReader.prototype.number = function () {
  "use strict";
  var found = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(this.text.substr(this.at, 400)), value;
  if (found === null || found[0].length === 400) {
    throw new NotJson();
  }
  this.at += found[0].length;
  value = Number(found[0]);
  if (this.unique && !isFinite(value)) {
    throw new NotJson();
  }
  return value;
};
JsonReader.prototype.string = function () {
  "use strict";
  var start = this.at + 1, end = this.text.indexOf("\"", start), piece = end < 0 ? "\\" : this.text.substring(start, end);
  if (piece.indexOf("\\") >= 0) {
    piece = this.escaped(start);
  } else if (/[\x00-\x1f]/.test(piece)) {
    throw new NotJson();
  } else {
    this.at = end + 1;
  }
  if (this.unique && hasLoneSurrogate(piece)) {
    throw new NotJson();
  }
  return piece;
};
JsonReader.prototype.escaped = function (start) {
  "use strict";
  var out = "", at = start, mark, code, short = {"\"": "\"", "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t"};
  for (;;) {
    mark = this.text.charAt(at);
    if (mark === "" || mark < " ") {
      throw new NotJson();
    }
    if (mark === "\"") {
      this.at = at + 1;
      return out;
    }
    if (mark === "\\") {
      mark = this.text.charAt(at + 1);
      if (mark === "u") {
        code = this.text.substr(at + 2, 4);
        if (!/^[0-9A-Fa-f]{4}$/.test(code)) {
          throw new NotJson();
        }
        out += String.fromCharCode(parseInt(code, 16));
        at += 6;
      } else if (mark !== "" && owns(short, mark)) {
        out += short[mark];
        at += 2;
      } else {
        throw new NotJson();
      }
    } else {
      out += mark;
      at += 1;
    }
  }
};
JsonReader.prototype.deeper = function (depth) {
  "use strict";
  if (depth > this.deepest) {
    throw new NotJson();
  }
  this.at += 1;
  this.space();
};
JsonReader.prototype.array = function (depth) {
  "use strict";
  var found = [], mark;
  this.deeper(depth);
  if (this.text.charAt(this.at) === "]") {
    this.at += 1;
    return found;
  }
  for (;;) {
    this.space();
    found.push(this.value(depth));
    this.space();
    mark = this.text.charAt(this.at);
    this.at += 1;
    if (mark === "]") {
      return found;
    }
    if (mark !== ",") {
      throw new NotJson();
    }
  }
};
JsonReader.prototype.object = function (depth) {
  "use strict";
  var found = new Members(), name, mark;
  this.deeper(depth);
  if (this.text.charAt(this.at) === "}") {
    this.at += 1;
    return found;
  }
  for (;;) {
    this.space();
    if (this.text.charAt(this.at) !== "\"") {
      throw new NotJson();
    }
    name = this.string();
    if (this.unique && found.has(name)) {
      throw new NotJson();
    }
    this.space();
    if (this.text.charAt(this.at) !== ":") {
      throw new NotJson();
    }
    this.at += 1;
    this.space();
    found.set(name, this.value(depth));
    this.space();
    mark = this.text.charAt(this.at);
    this.at += 1;
    if (mark === "}") {
      return found;
    }
    if (mark !== ",") {
      throw new NotJson();
    }
  }
};

// The value of a JSON text in a list of one; null when it is none.
function readJson(text, deepest, unique) {
  "use strict";
  try {
    return [new JsonReader(text, deepest, unique).whole()];
  } catch (problem) {
    if (problem instanceof NotJson) {
      return null;
    }
    throw problem;
  }
}

// ------------------------------------------------------------------------------------------------------- SHA-256
var SHA_WORDS = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
];

function turn(word, bits) {
  "use strict";
  return (word >>> bits) | (word << (32 - bits));
}

// Lower-case hex of the digest of bytes, each one character (FIPS 180-4).
function sha256(bytes) {
  "use strict";
  var state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  var size = bytes.length, blocks = ((size + 8) >> 6) + 1, words = [], w = [], i, j, a, b, c, d, e, f, g, h, t1, t2, hex = "";
  for (i = 0; i < blocks * 16; i += 1) {
    words[i] = 0;
  }
  for (i = 0; i < size; i += 1) {
    words[i >> 2] |= (bytes.charCodeAt(i) & 0xff) << (24 - (i % 4) * 8);
  }
  words[size >> 2] |= 0x80 << (24 - (size % 4) * 8);
  words[blocks * 16 - 1] = size * 8;
  for (i = 0; i < blocks; i += 1) {
    a = state[0];
    b = state[1];
    c = state[2];
    d = state[3];
    e = state[4];
    f = state[5];
    g = state[6];
    h = state[7];
    for (j = 0; j < 64; j += 1) {
      if (j < 16) {
        w[j] = words[i * 16 + j];
      } else {
        t1 = w[j - 2];
        t2 = w[j - 15];
        w[j] = ((turn(t1, 17) ^ turn(t1, 19) ^ (t1 >>> 10)) + w[j - 7] +
          (turn(t2, 7) ^ turn(t2, 18) ^ (t2 >>> 3)) + w[j - 16]) | 0;
      }
      t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + SHA_WORDS[j] + w[j]) | 0;
      t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state = [state[0] + a | 0, state[1] + b | 0, state[2] + c | 0, state[3] + d | 0,
      state[4] + e | 0, state[5] + f | 0, state[6] + g | 0, state[7] + h | 0];
  }
  for (i = 0; i < 8; i += 1) {
    hex += ("0000000" + (state[i] >>> 0).toString(16)).slice(-8);
  }
  return hex;
}

// Bytes of a text in UTF-8, each one character; null for a text no UTF-8 can hold.
function utf8Bytes(text) {
  "use strict";
  if (isAscii(text)) {
    return text;
  }
  return hasLoneSurrogate(text) ? null : unescape(encodeURIComponent(text));
}
