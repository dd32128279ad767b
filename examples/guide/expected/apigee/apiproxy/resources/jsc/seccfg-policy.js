// What the policy is made of: methods, roles, limits, conditions, schemas. Generated.

var POLICY = {
  addressIndex: -2,
  edge: 0,
  errorType: "application/problem+json",
  reads: ["authorization", "content-length", "content-type", "cookie", "host", "origin", "x-authz-open", "x-forwarded-for", "x-forwarded-proto"]
};

var TITLES = {
  ".300": "Multiple Choices",
  ".301": "Moved Permanently",
  ".302": "Found",
  ".303": "See Other",
  ".304": "Not Modified",
  ".305": "Use Proxy",
  ".307": "Temporary Redirect",
  ".308": "Permanent Redirect",
  ".400": "Bad Request",
  ".401": "Unauthorized",
  ".402": "Payment Required",
  ".403": "Forbidden",
  ".404": "Not Found",
  ".405": "Method Not Allowed",
  ".406": "Not Acceptable",
  ".407": "Proxy Authentication Required",
  ".408": "Request Timeout",
  ".409": "Conflict",
  ".410": "Gone",
  ".411": "Length Required",
  ".412": "Precondition Failed",
  ".413": "Request Entity Too Large",
  ".414": "Request-URI Too Long",
  ".415": "Unsupported Media Type",
  ".416": "Requested Range Not Satisfiable",
  ".417": "Expectation Failed",
  ".418": "I'm a Teapot",
  ".421": "Misdirected Request",
  ".422": "Unprocessable Entity",
  ".423": "Locked",
  ".424": "Failed Dependency",
  ".425": "Too Early",
  ".426": "Upgrade Required",
  ".428": "Precondition Required",
  ".429": "Too Many Requests",
  ".431": "Request Header Fields Too Large",
  ".451": "Unavailable For Legal Reasons",
  ".500": "Internal Server Error",
  ".501": "Not Implemented",
  ".502": "Bad Gateway",
  ".503": "Service Unavailable",
  ".504": "Gateway Timeout",
  ".505": "HTTP Version Not Supported",
  ".506": "Variant Also Negotiates",
  ".507": "Insufficient Storage",
  ".508": "Loop Detected",
  ".510": "Not Extended",
  ".511": "Network Authentication Required"
};

var HOP_BY_HOP = ["connection","keep-alive","proxy-authenticate","proxy-authorization","proxy-connection","te","trailer","transfer-encoding","upgrade"];

var ROLES = {
  ".admin": ["admin", "viewer"],
  ".viewer": ["viewer"]
};

var METHODS = {
  users: {
    kind: "jwt",
    issuer: "https://id.example.com/",
    policies: {RS: "VJ-users-RS"},
    keys: {"users-2026-1": ["RS256"]},
    subject: ["sub"],
    roles: ["roles"],
    scopes: ["scope"],
    attributes: [["clearance_level",["clearance_level"]],["department",["department"]]],
    clients: {},
    denied: null,
    asserts: ["admin","viewer"],
    prefix: "jwt:https://id.example.com/\u001f"
  }
};

var LIMITS = [
  {name: "per-ip", limit: 100, tiers: [], key: function (run) { "use strict"; return run.addressLimitKey(); }}
];

// department-and-clearance: TRUE.
function condition_0_department_and_clearance_holds(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string"), v1 = typed(readText(run.pathParameter("department"), "string"), "string"), v2 = typed(run.principalAttribute("clearance_level", "integer"), "integer");
  return ((v0 !== null && v1 !== null && v0 === v1) && (v2 !== null && v2 >= 3));
}

// department-and-clearance: FALSE.
function condition_0_department_and_clearance_fails(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string"), v1 = typed(readText(run.pathParameter("department"), "string"), "string"), v2 = typed(run.principalAttribute("clearance_level", "integer"), "integer");
  return ((v0 !== null && v1 !== null && v0 !== v1) || (v2 !== null && v2 < 3));
}

function schema_0(value) {
  "use strict";
  return fits(value, {minimum: 1, type: ["integer"]});
}

function screen(name) {
  "use strict";
  switch (name) {
  default:
    return [/^/];
  }
}

function headersOf_0(number) {
  "use strict";
  switch (number) {
  case 0:
    return function (run) { return [["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true]]; };
  case 1:
    return function (run) { return [["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true], ["access-control-allow-origin", String(run.request.line("origin")), run.request.line("origin") === "https://app.example.com"], ["access-control-allow-credentials", "true", run.request.line("origin") === "https://app.example.com"]]; };
  default:
    return null;
  }
}

function headersOf(number) {
  "use strict";
  switch (Math.floor(number / 16)) {
  case 0:
    return headersOf_0(number);
  default:
    return null;
  }
}

function isRoutable(path) {
  "use strict";
  return (finds(/^\/(?:(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+(?:\/(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+)*\/?)?$/, path) && lacks(/\/\.\.?\//, path) && lacks(/\/\.\.?$/, path));
}
