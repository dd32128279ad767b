// Runs the steps of a branch and hands their outcome to the policies around: in variables `seccfg.*`.

// ----------------------------------------------------------------------------------------------------- attributes
Run.prototype.principalAttribute = function (name, kind) {
  "use strict";
  var found;
  if (this.who === null || !owns(this.who.attributes, "." + name)) {
    return null;
  }
  found = this.who.attributes["." + name];
  return this.who.fromText && found !== null ? readText(String(found), kind) : found;
};
Run.prototype.principalGiven = function (name) {
  "use strict";
  return this.who !== null && owns(this.who.attributes, "." + name) && this.who.attributes["." + name] !== null;
};
Run.prototype.clientText = function () {
  "use strict";
  var address = this.request.peer();
  return address === null ? null : addressText(address);
};
Run.prototype.headerAttribute = function (name, kind) {
  "use strict";
  var line = this.request.line(name);
  return line === null || line.indexOf(",") >= 0 || !isAscii(line) ? null : readText(line, kind);
};
Run.prototype.queryAttribute = function (name, kind) {
  "use strict";
  var given = this.request.queryValues(name);
  return given.length !== 1 ? null : readText(given[0], kind);
};
Run.prototype.bodyAttribute = function (path) {
  "use strict";
  var read = this.request.body() === "" ? null : this.request.json(this.branch.depth);
  var found = read === null ? null : memberAt(read[0], path);
  return found === undefined ? null : found;
};
// Whether the attribute is there at all, of whatever type: what is there and cannot be read counts as there.
Run.prototype.headerGiven = function (name) {
  "use strict";
  return this.request.header(name) !== null;
};
Run.prototype.queryGiven = function (name) {
  "use strict";
  return this.request.queryValues(name).length > 0;
};
Run.prototype.bodyGiven = function (path) {
  "use strict";
  var read = this.request.body() === "" ? null : this.request.json(this.branch.depth);
  var found = read === null ? null : memberAt(read[0], path);
  return this.request.body() !== "" && (read === null || (found !== undefined && found !== null));
};
Run.prototype.clock = function (part) {
  "use strict";
  var now = this.request.now();
  return part === "hour_utc" ? Math.floor(now % 86400 / 3600) : part === "weekday_utc" ? (Math.floor(now / 86400) + 4) % 7 : now;
};

// ----------------------------------------------------------------------------------------------------- parameters
Run.prototype.pathParameter = function (name) {
  "use strict";
  var segments = this.request.segments(), at = this.branch.parameters["." + name];
  if (at === undefined || segments === null) {
    return null;
  }
  return at >= 0 ? segments[at] : segments.slice(-at - 1).join("/");
};
Run.prototype.parameter = function (place, name) {
  "use strict";
  var line, given;
  if (place === "path") {
    return this.pathParameter(name);
  }
  if (place === "header") {
    line = this.request.line(name);
    return line === null || line.indexOf(",") >= 0 || !isAscii(line) ? null : line;
  }
  given = this.request.queryValues(name);
  return given.length === 1 ? given[0] : null;
};
Run.prototype.given = function (place, name) {
  "use strict";
  if (place === "path") {
    return this.pathParameter(name) === null ? 0 : 1;
  }
  return place === "header" ? this.request.count(name) : this.request.queryValues(name).length;
};
// Normal form of every text the screens look at.
Run.prototype.inputs = function (headers) {
  "use strict";
  var found = [], name, i, pairs = this.request.pairs(), read;
  for (name in this.branch.parameters) {
    if (owns(this.branch.parameters, name)) {
      found.push(this.pathParameter(name.substring(1)));
    }
  }
  for (i = 0; i < pairs.length; i += 1) {
    found.push(pairs[i][0], pairs[i][1]);
  }
  for (i = 0; i < headers.length; i += 1) {
    found.push(this.request.line(headers[i]));
  }
  if (this.request.body() !== "") {
    read = this.request.json(this.branch.depth);
    if (read === null) {
      found.push(this.request.body());
    } else {
      collectTexts(read[0], found);
    }
  }
  return found.filter(isText).map(function (text) {
    var plain = lowerAscii(text.replace(/[^\x01-\x7f]+/g, "?"));
    return (" " + plain + " ").replace(/[\t\n\x0b\x0c\r ]+/g, " ");
  });
};
function collectTexts(value, found) {
  "use strict";
  if (isText(value)) {
    found.push(value);
  } else if (Array.isArray(value)) {
    value.forEach(function (item) {
      collectTexts(item, found);
    });
  } else if (value instanceof Members) {
    value.names.forEach(function (name) {
      found.push(name);
      collectTexts(value.get(name), found);
    });
  }
}
// A declared parameter's text read as its type and judged by its schema; times are judged as texts once read.
function parameterFits(text, kind, schema) {
  "use strict";
  var value = readText(text, kind);
  return value !== null && schema(kind === "timestamp" ? text : value);
}
Run.prototype.bodyFits = function (schema) {
  "use strict";
  var read = this.request.json(this.branch.depth);
  return read !== null && schema(read[0]);
};

// ---------------------------------------------------------------------------------------------- limits and identity
Run.prototype.addressLimitKey = function () {
  "use strict";
  var address = this.request.peer();
  return address === null ? null : addressKey(address);
};
// The attribute as a text no other attribute has.
function attributeKey(value) {
  "use strict";
  return value === null || value === undefined ? null : JSON.stringify(value);
}
// The quota of that number is asked before this step ends; `refusal` is the answer when it is exhausted.
Run.prototype.enforce = function (number, key, refusal) {
  "use strict";
  this.enforced.push([number, key, this.limitSize(number), refusal]);
};
Run.prototype.charge = function (numbers) {
  "use strict";
  this.charged = this.charged.concat(numbers);
};
Run.prototype.limitSize = function (number) {
  "use strict";
  var tiers = LIMITS[number].tiers, size = LIMITS[number].limit, i;
  for (i = 0; this.who !== null && i < tiers.length; i += 1) {
    if (meets(this.who.roles, tiers[i][0]) && tiers[i][1] > size) {
      size = tiers[i][1];
    }
  }
  return size;
};
// A field of the principal as a header carries it, null for none.
function identityText(value) {
  "use strict";
  if (value === null || value === undefined) {
    return null;
  }
  if (Array.isArray(value)) {
    return value.map(identityText).join(" ");
  }
  return isText(value) ? value : numberText(value);
}
function numberText(value) {
  "use strict";
  return String(value);
}

// --------------------------------------------------------------------------------------------------------- outcomes
// [name, value, whether it is sent] -> [name, value] of those that are.
function sentHeaders(headers) {
  "use strict";
  return headers.filter(function (header) {
    return header[2];
  }).map(function (header) {
    return [header[0], header[1]];
  });
}

// A refusal: reason, status, event, its own headers, limits that count failures.
function refusal(reason, status, event, headers, charges) {
  "use strict";
  return {outcome: "refuse", reason: reason, status: status, event: event, headers: headers, charges: charges};
}

function preflight(headers) {
  "use strict";
  return {outcome: "preflight", reason: "preflight", status: 204, event: "", headers: headers, charges: []};
}

// The first outcome of the steps from `first` on; null when none refuses or answers.
function runSteps(run, first, last) {
  "use strict";
  var steps = run.branch.steps, i, found, name, before, limited;
  for (i = 0; i < steps.length; i += 1) {
    name = steps[i][0];
    if (name >= first && name <= last) {
      before = run.enforced.length;
      found = step(steps[i][1])(run);
      for (; before < run.enforced.length; before += 1) {
        limited = run.enforced[before][3];
        limited.headers = sentHeaders(limited.headers.concat(stepHeaders(run, steps[i][2])));
      }
      if (found !== null) {
        found.step = name;
        found.headers = sentHeaders(found.headers.concat(found.outcome === "preflight" ? [] : stepHeaders(run, steps[i][2])));
        return found;
      }
    }
  }
  return null;
}
function stepHeaders(run, number) {
  "use strict";
  return number < 0 ? [] : headersOf(number)(run);
}

function answerText(run, found) {
  "use strict";
  var title = owns(TITLES, "." + found.status) ? TITLES["." + found.status] : "Refused";
  return JSON.stringify({
    status: found.status, headers: found.headers, event: found.event, reason: found.reason,
    log: contains(run.branch.events, found.event),
    type: found.outcome === "preflight" ? "" : POLICY.errorType,
    content: found.outcome === "preflight" ? "" : JSON.stringify({
      type: "about:blank", title: title, status: found.status, reason: found.reason, id: readVariable("messageid") || ""
    })
  });
}

// The branch whose steps decide the request, by number.
function findBranch(request) {
  "use strict";
  var segments = request.path !== null && isRoutable(request.path) ? request.segments() : null;
  var template = segments === null ? -1 : findTemplate(0, segments, 0), asked, origin, found;
  if (template < 0) {
    return POLICY.edge;
  }
  found = templateOf(template);
  asked = request.line("access-control-request-method");
  origin = request.line("origin");
  if (request.method === "OPTIONS" && asked !== null && origin !== null && origin.indexOf(",") < 0 &&
      owns(found.preflights, "." + asked)) {
    return found.preflights["." + asked];
  }
  return owns(found.methods, "." + request.method) ? found.methods["." + request.method] : found.undeclared;
}
// Literal before parameter before rest, with backtracking; -1 for none.
function findTemplate(number, segments, at) {
  "use strict";
  var segment, found, ways, i;
  if (at === segments.length) {
    return nodeOf(number, null)[3];
  }
  segment = segments[at];
  ways = nodeOf(number, segment);
  for (i = 0; i < 2; i += 1) {
    if (ways[i] >= 0 && (i === 0 || segment !== "")) {
      found = findTemplate(ways[i], segments, at + 1);
      if (found >= 0) {
        return found;
      }
    }
  }
  return ways[2] >= 0 && !contains(segments.slice(at), "") ? ways[2] : -1;
}

// Which of the router's buckets a segment is in.
function bucketOf(segment) {
  "use strict";
  var value = 0, i;
  for (i = 0; i < segment.length; i += 1) {
    value = (value * 31 + segment.charCodeAt(i)) % 65521;
  }
  return value % 64;
}

// Hands the quotas of one step to the policies: `both` where one policy asks and counts, else first all ask, then all count.
function handQuotas(run, refused) {
  "use strict";
  var alone = run.enforced.length === 1 && run.charged.length === 1 && run.enforced[0][0] === run.charged[0];
  var asked = [], i, entry;
  for (i = 0; i < run.enforced.length; i += 1) {
    entry = run.enforced[i];
    context.setVariable("seccfg.quota." + entry[0] + ".key", entry[1]);
    context.setVariable("seccfg.quota." + entry[0] + ".size", String(entry[2]));
    context.setVariable("seccfg.quota." + entry[0] + ".rate", String(entry[2]) + "ps");
    context.setVariable("seccfg.quota." + entry[0] + ".ask", alone && !refused ? "both" : "check");
    context.setVariable("seccfg.limited." + entry[0], answerText(run, entry[3]));
    asked.push(entry[0]);
  }
  for (i = 0; !alone && !refused && i < run.charged.length; i += 1) {
    context.setVariable("seccfg.quota." + run.charged[i] + ".count", "yes");
  }
  context.setVariable("seccfg.asked", JSON.stringify(asked));
}

// What is counted when the answer is given: numbers of limits that count failures.
function chargesOf(run, found) {
  "use strict";
  return found.charges.map(function (number) {
    var key = LIMITS[number].key(run);
    return key === null ? null : [number, key, run.limitSize(number)];
  }).filter(function (charge) {
    return charge !== null;
  });
}

function setAnswer(run, name, found) {
  "use strict";
  context.setVariable("seccfg.prepared." + name, answerText(run, found));
  context.setVariable("seccfg.prepared." + name + ".charges", JSON.stringify(chargesOf(run, found)));
}
