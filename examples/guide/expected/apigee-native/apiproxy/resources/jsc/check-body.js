// How long the body is, of which type, and whether what says it is JSON is: `seccfg.body` is "ok", "too_large", "media_type" or
// "malformed"; `seccfg.json` is "none" for what does not say it is, "good", or "bad": no JSON, too deep, a member named twice.

function header(name) {
  "use strict";
  var found = readVariable("request.header." + name + ".values.string");
  return found === null ? null : trimBlanks(found);
}

function judge(content, most, types) {
  "use strict";
  var said = header("content-length"), chunked = header("transfer-encoding") !== null, real = utf8Length(content);
  var declared = said !== null ? Number(said) : chunked ? null : real;
  if (declared !== null && content.indexOf("\ufffd") >= 0) {
    real = declared; // what was no UTF-8 can no longer be counted
  }
  if (declared !== null && declared > most) {
    return "too_large";
  }
  if ((declared === null || declared > 0) && !contains(types, mediaType())) {
    return "media_type";
  }
  if (real > most) {
    return "too_large";
  }
  return declared === null || declared === real ? "ok" : "malformed";
}

function mediaType() {
  "use strict";
  return lowerAscii(trimBlanks((header("content-type") || "").split(";")[0]));
}

// "none" for what does not say it is JSON.
function readBody(content) {
  "use strict";
  if (content === "" || !/^application\/json$|\+json$/.test(mediaType())) {
    return "none";
  }
  return content.indexOf("\ufffd") < 0 && readJson(content, Number(properties.depth), true) !== null ? "good" : "bad";
}

context.setVariable("seccfg.body", judge(readVariable("request.content") || "", Number(properties.most), String(properties.types).split(" ")));
context.setVariable("seccfg.json", readBody(readVariable("request.content") || ""));
