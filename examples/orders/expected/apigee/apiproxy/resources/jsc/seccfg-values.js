// Reading texts as values, judging values: the atoms of checks, times, JSON Schema. What is absent is null, and every atom
// over what is absent is false.

// A check that anything but true fails.
function fails(holds) {
  "use strict";
  return holds !== true;
}

function differs(text, value) {
  "use strict";
  return text !== null && text !== value;
}

function isOneOf(text, values) {
  "use strict";
  return text !== null && contains(values, text);
}

function isNoneOf(text, values) {
  "use strict";
  return text !== null && !contains(values, text);
}

function sameText(left, right) {
  "use strict";
  return left !== null && right !== null && lowerAscii(left) === lowerAscii(right);
}

function finds(pattern, text) {
  "use strict";
  return text !== null && pattern.test(text);
}

function lacks(pattern, text) {
  "use strict";
  return text !== null && !pattern.test(text);
}

// A text a condition can read: no NUL, no U+FFFD, no lone surrogate.
function isUsable(text) {
  "use strict";
  return !/[\x00\ufffd]/.test(text) && !hasLoneSurrogate(text);
}

function isReadable(text) {
  "use strict";
  return text !== null && text !== "" && isUsable(text);
}

// A text a header can carry unchanged.
function isSendable(text) {
  "use strict";
  return text !== null && /^[ -~\xa0-\xff]*$/.test(text) && text.charAt(0) !== " " && text.charAt(text.length - 1) !== " ";
}

function bothNumbers(left, right) {
  "use strict";
  return typeof left === "number" && typeof right === "number";
}

function isWhole(number) {
  "use strict";
  return typeof number === "number" && Math.floor(number) === number;
}

function meets(texts, values) {
  "use strict";
  return texts !== null && texts.some(function (text) {
    return contains(values, text);
  });
}

function meetsNone(texts, values) {
  "use strict";
  return texts !== null && !meets(texts, values);
}

function holdsAll(texts, values) {
  "use strict";
  return texts !== null && values.every(function (value) {
    return contains(texts, value);
  });
}

function isSubset(texts, values) {
  "use strict";
  return texts !== null && texts.every(function (text) {
    return contains(values, text);
  });
}

// The texts are these values, each once, in any order.
function areExactly(texts, values) {
  "use strict";
  return texts !== null && texts.length === values.length && holdsAll(texts, values) && isSubset(texts, values);
}

function showsNone(texts, patterns) {
  "use strict";
  return texts !== null && !texts.some(function (text) {
    return patterns.some(function (pattern) {
      return pattern.test(text);
    });
  });
}

// ------------------------------------------------------------------------------------------------- texts as values
// Seconds of an RFC 3339 date-time with an offset, null for anything else.
function readTimestamp(text) {
  "use strict";
  var found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.0+)?(Z|([+-])([0-9]{2}):([0-9]{2}))$/.exec(text);
  var year, month, day, offset = 0, seconds, lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (found === null) {
    return null;
  }
  year = Number(found[1]);
  month = Number(found[2]);
  day = Number(found[3]);
  if (year < 1 || month < 1 || month > 12 || Number(found[4]) > 23 || Number(found[5]) > 59 || Number(found[6]) > 59) {
    return null;
  }
  if (day < 1 || day > lengths[month - 1] + (month === 2 && isLeap(year) ? 1 : 0)) {
    return null;
  }
  if (found[7] !== "Z") {
    if (Number(found[9]) > 23 || Number(found[10]) > 59) {
      return null;
    }
    offset = (Number(found[9]) * 3600 + Number(found[10]) * 60) * (found[8] === "-" ? -1 : 1);
  }
  seconds = daysOf(year, month, day) * 86400 + Number(found[4]) * 3600 + Number(found[5]) * 60 + Number(found[6]) - offset;
  return isTimestamp(seconds) ? seconds : null;
}

// What the text says as a value of that type, null when nothing.
function readText(text, kind) {
  "use strict";
  var found, number;
  if (text === null) {
    return null;
  }
  if (kind === "string") {
    return isUsable(text) ? text : null;
  }
  if (kind === "boolean") {
    return text === "true" ? true : text === "false" ? false : null;
  }
  if (kind === "timestamp") {
    return readTimestamp(text);
  }
  found = /^-?(?:0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?$/.exec(text);
  if (found === null || kind === "duration" || (kind === "integer" && found[1] !== undefined && found[1] !== "")) {
    return null;
  }
  number = Number(text);
  return isNumber(number) ? number : null;
}

// The value when it is one of that type (`seccfg` types), else null.
function typed(value, kind) {
  "use strict";
  if (value === null || value === undefined) {
    return null;
  }
  switch (kind) {
  case "string":
    return isText(value) && isUsable(value) ? value : null;
  case "boolean":
    return typeof value === "boolean" ? value : null;
  case "number":
    return isNumber(value) ? value : null;
  case "integer":
    return isNumber(value) && isWhole(value) ? value : null;
  case "timestamp":
    return isNumber(value) && isWhole(value) && isTimestamp(value) ? value : null;
  case "duration":
    return isNumber(value) && isWhole(value) && isDuration(value) ? value : null;
  default:
    return null;
  }
}

// The list when every element is of that type, else null.
function typedList(value, kind) {
  "use strict";
  var i;
  if (!Array.isArray(value)) {
    return null;
  }
  for (i = 0; i < value.length; i += 1) {
    if (typed(value[i], kind) === null) {
      return null;
    }
  }
  return value;
}

// ---------------------------------------------------------------------------------------------------------- times
function isTimestamp(seconds) {
  "use strict";
  return seconds >= -62135596800 && seconds <= 253402300799;
}

function isDuration(seconds) {
  "use strict";
  return seconds >= -9223372036 && seconds <= 9223372036;
}

function isLeap(year) {
  "use strict";
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

// Days since 1970-01-01 of a date of the Gregorian calendar; years begin in March, so that leap days come last.
function daysOf(year, month, day) {
  "use strict";
  var y = year - (month <= 2 ? 1 : 0), m = month > 2 ? month - 3 : month + 9;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + day - 1 - 719468;
}

// [year, month from 1, day from 1] in UTC.
function dateOf(seconds) {
  "use strict";
  var days = Math.floor(seconds / 86400), year, month, first;
  year = 1970 + Math.floor(days / 366);
  while (daysOf(year + 1, 1, 1) <= days) {
    year += 1;
  }
  while (daysOf(year, 1, 1) > days) {
    year -= 1;
  }
  month = 12;
  while (daysOf(year, month, 1) > days) {
    month -= 1;
  }
  first = daysOf(year, month, 1);
  return [year, month, days - first + 1];
}

function remainder(value, by) {
  "use strict";
  return value - Math.floor(value / by) * by;
}

// What CEL's getter gives in UTC: months, days of month and of year count from 0, Sunday is 0.
function timestampPart(seconds, part) {
  "use strict";
  var date;
  if (part === "getHours") {
    return Math.floor(remainder(seconds, 86400) / 3600);
  }
  if (part === "getMinutes") {
    return Math.floor(remainder(seconds, 3600) / 60);
  }
  if (part === "getSeconds") {
    return remainder(seconds, 60);
  }
  if (part === "getDayOfWeek") {
    return remainder(Math.floor(seconds / 86400) + 4, 7);
  }
  date = dateOf(seconds);
  switch (part) {
  case "getFullYear":
    return date[0];
  case "getMonth":
    return date[1] - 1;
  case "getDate":
    return date[2];
  case "getDayOfMonth":
    return date[2] - 1;
  default:
    return Math.floor(seconds / 86400) - daysOf(date[0], 1, 1);
  }
}

// A duration in units of so many seconds, towards zero.
function wholeUnits(seconds, unit) {
  "use strict";
  return seconds < 0 ? -Math.floor(-seconds / unit) : Math.floor(seconds / unit);
}

function startsWith(text, part) {
  "use strict";
  return text.substring(0, part.length) === part;
}

function endsWith(text, part) {
  "use strict";
  return part.length <= text.length && text.substring(text.length - part.length) === part;
}

// ---------------------------------------------------------------------------------------------------- JSON Schema
function kindOf(value) {
  "use strict";
  if (value === null) {
    return "null";
  }
  if (value instanceof Members) {
    return "object";
  }
  return Array.isArray(value) ? "array" : typeof value;
}

// Equal as JSON values: the order of members means nothing, 1 and 1.0 are one number.
function sameValue(left, right) {
  "use strict";
  var i;
  if (kindOf(left) !== kindOf(right)) {
    return false;
  }
  if (left instanceof Members) {
    return left.names.length === right.names.length && left.names.every(function (name) {
      return right.has(name) && sameValue(left.get(name), right.get(name));
    });
  }
  if (Array.isArray(left)) {
    if (left.length !== right.length) {
      return false;
    }
    for (i = 0; i < left.length; i += 1) {
      if (!sameValue(left[i], right[i])) {
        return false;
      }
    }
    return true;
  }
  return left === right;
}

function codePoints(text) {
  "use strict";
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "-").length;
}

function ofType(value, name) {
  "use strict";
  return name === "integer" ? typeof value === "number" && isWhole(value) : kindOf(value) === name;
}

// The judges of JSON Schema keywords: (value, argument, the other keywords) -> whether it fits. Values of another type fit.
var KEYWORDS = {
  type: function (value, names) {
    "use strict";
    return names.some(function (name) {
      return ofType(value, name);
    });
  },
  oneOfValues: function (value, values) {
    "use strict";
    return values.some(function (wanted) {
      return sameValue(value, readJson(wanted, 1000, false)[0]);
    });
  },
  minimum: function (value, limit) {
    "use strict";
    return typeof value !== "number" || value >= limit;
  },
  maximum: function (value, limit) {
    "use strict";
    return typeof value !== "number" || value <= limit;
  },
  exclusiveMinimum: function (value, limit) {
    "use strict";
    return typeof value !== "number" || value > limit;
  },
  exclusiveMaximum: function (value, limit) {
    "use strict";
    return typeof value !== "number" || value < limit;
  },
  multipleOf: function (value, by) {
    "use strict";
    return typeof value !== "number" || value % by === 0;
  },
  minLength: function (value, limit) {
    "use strict";
    return !isText(value) || codePoints(value) >= limit;
  },
  maxLength: function (value, limit) {
    "use strict";
    return !isText(value) || codePoints(value) <= limit;
  },
  pattern: function (value, pattern) {
    "use strict";
    return !isText(value) || pattern.test(value);
  },
  items: function (value, judge, schema) {
    "use strict";
    var from = schema.prefixItems === undefined ? 0 : schema.prefixItems.length;
    return !Array.isArray(value) || value.slice(from).every(judge);
  },
  prefixItems: function (value, judges) {
    "use strict";
    return !Array.isArray(value) || judges.every(function (judge, at) {
      return at >= value.length || judge(value[at]);
    });
  },
  minItems: function (value, limit) {
    "use strict";
    return !Array.isArray(value) || value.length >= limit;
  },
  maxItems: function (value, limit) {
    "use strict";
    return !Array.isArray(value) || value.length <= limit;
  },
  uniqueItems: function (value) {
    "use strict";
    return !Array.isArray(value) || value.every(function (item, at) {
      return value.slice(0, at).every(function (other) {
        return !sameValue(item, other);
      });
    });
  },
  minProperties: function (value, limit) {
    "use strict";
    return !(value instanceof Members) || value.names.length >= limit;
  },
  maxProperties: function (value, limit) {
    "use strict";
    return !(value instanceof Members) || value.names.length <= limit;
  },
  required: function (value, names) {
    "use strict";
    return !(value instanceof Members) || names.every(function (name) {
      return value.has(name);
    });
  },
  properties: function (value, judges) {
    "use strict";
    return !(value instanceof Members) || judges.every(function (pair) {
      return !value.has(pair[0]) || pair[1](value.get(pair[0]));
    });
  },
  patternProperties: function (value, judges) {
    "use strict";
    return !(value instanceof Members) || value.names.every(function (name) {
      return judges.every(function (pair) {
        return !pair[0].test(name) || pair[1](value.get(name));
      });
    });
  },
  additionalProperties: function (value, judge, schema) {
    "use strict";
    return !(value instanceof Members) || value.names.every(function (name) {
      var named = (schema.properties || []).some(function (pair) {
        return pair[0] === name;
      });
      var matched = (schema.patternProperties || []).some(function (pair) {
        return pair[0].test(name);
      });
      return named || matched || judge(value.get(name));
    });
  },
  propertyNames: function (value, judge) {
    "use strict";
    return !(value instanceof Members) || value.names.every(judge);
  },
  allOf: function (value, judges) {
    "use strict";
    return judges.every(function (judge) {
      return judge(value);
    });
  },
  anyOf: function (value, judges) {
    "use strict";
    return judges.some(function (judge) {
      return judge(value);
    });
  },
  oneOf: function (value, judges) {
    "use strict";
    return judges.filter(function (judge) {
      return judge(value);
    }).length === 1;
  },
  not: function (value, judge) {
    "use strict";
    return !judge(value);
  },
  conditional: function (value, judges) {
    "use strict";
    return judges[0](value) ? judges[1](value) : judges[2](value);
  }
};

// Whether the value fits the schema, whose keywords are those of KEYWORDS; one that is not there fits nothing.
function fits(value, schema) {
  "use strict";
  return Object.keys(schema).every(function (name) {
    return owns(KEYWORDS, name) && KEYWORDS[name](value, schema[name], schema);
  });
}
