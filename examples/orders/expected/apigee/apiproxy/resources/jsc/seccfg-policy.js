// What the policy is made of: methods, roles, limits, conditions, schemas. Generated.

var POLICY = {
  addressIndex: -2,
  edge: 0,
  errorType: "application/problem+json",
  reads: ["authorization", "content-length", "content-type", "cookie", "host", "origin", "x-api-key", "x-authz-open", "x-csrf-token", "x-forwarded-for", "x-forwarded-proto", "x-region", "x-tenant", "x-trace", "x-user"]
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
  ".admin": ["admin", "editor", "viewer"],
  ".customer": ["customer"],
  ".editor": ["editor", "viewer"],
  ".partner": ["partner"],
  ".service": ["service"],
  ".viewer": ["viewer"]
};

var METHODS = {
  customers: {
    kind: "jwt",
    issuer: "https://customers.example.com",
    policies: {ES: "VJ-customers-ES"},
    keys: {"customers-2026-1": ["ES256"]},
    subject: ["sub"],
    roles: null,
    scopes: ["scope"],
    attributes: [["tenant",["tenant"]]],
    clients: {},
    denied: ["jti"],
    asserts: ["customer"],
    prefix: "jwt:https://customers.example.com\u001f"
  },
  mesh: {
    kind: "certificate",
    trusted: true,
    san: /^spiffe\x3a\x2f\x2fexample\x2ecom\x2fns\x2f([^\/]+)\x2fsa\x2f([^\/]+)$/,
    captures: ["tenant",""],
    gives: ["service"],
    asserts: ["service"],
    prefix: "cert:"
  },
  partner: {
    kind: "key",
    records: {
      ".pk_7f3a": {id: "pk_7f3a", sha256: "5dbeb3f9565842a4437226333e19bbd991a881c9b3c71f8351d0d16205854b4a", subject: "acme-logistics", roles: ["partner"], scopes: ["orders.read"], attributes: {".tenant": "acme"}, notBefore: 1761955200, expires: 1769731200, addresses: []}, 
      ".pk_91c2": {id: "pk_91c2", sha256: "609cb8ca567fc0f0a9c8a60a214363cbcc9f973068ad1cbfa640fa316fa84216", subject: "acme-logistics", roles: ["partner"], scopes: ["orders.read"], attributes: {".tenant": "acme"}, notBefore: 1769126400, expires: 1776902400, addresses: []}, 
      ".pk_b04e": {id: "pk_b04e", sha256: "63652777cd8b04bc66c61a6286fd534d24ef626347ff3d0173fcf007e2e0f56a", subject: "globex-audit", roles: ["partner"], scopes: ["orders.read"], attributes: {".tenant": "globex"}, notBefore: 1764547200, expires: 1772323200, addresses: [[4, [3325256704], 24]]}},
    asserts: ["partner"],
    prefix: "key:partner\u001f"
  },
  staff: {
    kind: "jwt",
    issuer: "https://login.example.com/",
    policies: {ES: "VJ-staff-ES", RS: "VJ-staff-RS"},
    keys: null,
    subject: ["sub"],
    roles: ["realm_access","roles"],
    scopes: ["scope"],
    attributes: [["clearance_level",["clearance"]],["department",["dept"]],["tenant",["org_id"]]],
    clients: {".orders-kiosk": "kiosk", ".orders-nightly": "nightly", ".orders-web": "web"},
    denied: ["jti"],
    asserts: ["admin","editor","viewer"],
    prefix: "jwt:https://login.example.com/\u001f"
  }
};

var LIMITS = [
  {name: "logins", limit: 10, tiers: [], key: function (run) { "use strict"; return run.addressLimitKey(); }},
  {name: "per-ip", limit: 100, tiers: [], key: function (run) { "use strict"; return run.addressLimitKey(); }},
  {name: "per-key", limit: 1000, tiers: [], key: function (run) { "use strict"; return run.principal("id"); }},
  {name: "writes", limit: 10, tiers: [[["admin"],100]], key: function (run) { "use strict"; return run.principal("id"); }},
  {name: "per-tenant", limit: 50, tiers: [], key: function (run) { "use strict"; return attributeKey(typed(run.principalAttribute("tenant", "string"), "string")); }}
];

// suspended: TRUE.
function condition_0_suspended_holds(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string");
  return ((run.principalGiven("department") === true) && (v0 !== null && v0 === "suspended"));
}

// suspended: FALSE.
function condition_0_suspended_fails(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string");
  return ((run.principalGiven("department") === false) || (v0 !== null && v0 !== "suspended"));
}

// owns-order: TRUE.
function condition_1_owns_order_holds(run) {
  "use strict";
  return true;
}

// owns-order: FALSE.
function condition_1_owns_order_fails(run) {
  "use strict";
  return true;
}

// office-hours: TRUE.
function condition_2_office_hours_holds(run) {
  "use strict";
  var v0 = typed(run.clock("hour_utc"), "integer");
  return ((v0 !== null && v0 >= 7) && (v0 !== null && v0 < 19));
}

// office-hours: FALSE.
function condition_2_office_hours_fails(run) {
  "use strict";
  var v0 = typed(run.clock("hour_utc"), "integer");
  return ((v0 !== null && v0 < 7) || (v0 !== null && v0 >= 19));
}

// own-tenant: TRUE.
function condition_3_own_tenant_holds(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("tenant", "string"), "string"), v1 = typed(readText(run.pathParameter("tenant_id"), "string"), "string");
  return (v0 !== null && v1 !== null && v0 === v1);
}

// own-tenant: FALSE.
function condition_3_own_tenant_fails(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("tenant", "string"), "string"), v1 = typed(readText(run.pathParameter("tenant_id"), "string"), "string");
  return (v0 !== null && v1 !== null && v0 !== v1);
}

// same-department: TRUE.
function condition_4_same_department_holds(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string"), v1 = typed(readText(run.pathParameter("department"), "string"), "string"), v2 = typed(run.principalAttribute("clearance_level", "integer"), "integer");
  return ((v0 !== null && v1 !== null && v0 === v1) && (v2 !== null && v2 >= 2));
}

// same-department: FALSE.
function condition_4_same_department_fails(run) {
  "use strict";
  var v0 = typed(run.principalAttribute("department", "string"), "string"), v1 = typed(readText(run.pathParameter("department"), "string"), "string"), v2 = typed(run.principalAttribute("clearance_level", "integer"), "integer");
  return ((v0 !== null && v1 !== null && v0 !== v1) || (v2 !== null && v2 < 2));
}

// small-order: TRUE.
function condition_5_small_order_holds(run) {
  "use strict";
  var v0 = typed(run.bodyAttribute(["order","amount"]), "integer");
  return (v0 !== null && v0 <= 10000);
}

// small-order: FALSE.
function condition_5_small_order_fails(run) {
  "use strict";
  var v0 = typed(run.bodyAttribute(["order","amount"]), "integer");
  return (v0 !== null && v0 > 10000);
}

function schema_0(value) {
  "use strict";
  return fits(value, {allOf: [function (value) { return !isText(value) || /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/.test(value); }], type: ["string"]});
}
function schema_1(value) {
  "use strict";
  return fits(value, {maxLength: 64, type: ["string"]});
}
function schema_2(value) {
  "use strict";
  return fits(value, {maximum: 100, minimum: 1, type: ["integer"]});
}
function schema_3(value) {
  "use strict";
  return fits(value, {oneOfValues: ["\"open\"", "\"paid\"", "\"void\""], type: ["string"]});
}
function schema_4(value) {
  "use strict";
  return fits(value, {additionalProperties: function (value) { return false; }, properties: [["order", function (value) { return fits(value, {additionalProperties: function (value) { return false; }, properties: [["amount", function (value) { return fits(value, {maximum: 1000000, minimum: 1, type: ["integer"]}); }], ["currency", function (value) { return fits(value, {oneOfValues: ["\"EUR\"", "\"NOK\"", "\"USD\""]}); }], ["deliver_on", function (value) { return fits(value, {allOf: [function (value) { return !isText(value) || /^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)$/.test(value); }], type: ["string"]}); }], ["lines", function (value) { return fits(value, {items: function (value) { return fits(value, {additionalProperties: function (value) { return false; }, properties: [["article", function (value) { return fits(value, {allOf: [function (value) { return !isText(value) || /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/.test(value); }], type: ["string"]}); }], ["note", function (value) { return fits(value, {maxLength: 200, type: ["string"]}); }], ["quantity", function (value) { return fits(value, {maximum: 999, minimum: 1, type: ["integer"]}); }]], required: ["article","quantity"], type: ["object"]}); }, maxItems: 100, minItems: 1, type: ["array"]}); }], ["reference", function (value) { return fits(value, {maxLength: 64, minLength: 1, pattern: /^[A-Za-z0-9._-]+$/, type: ["string"]}); }]], required: ["reference","amount","lines"], type: ["object"]}); }]], required: ["order"], type: ["object"]});
}

function screen(name) {
  "use strict";
  switch (name) {
  case "sql-injection":
    return [/["'] ?\)* ?(?:(?:or|and)[ (]|\|\||&&) ?\(* ?(?:not )?["']?[0-9_a-z]{0,64}["']? ?(?:=|<|>|like ["']|in ?\(|is (?:not )?null|between )/, /["'] ?\)* ?(?:or|and)["'][0-9_a-z]{0,64}["'] ?(?:=|<|>)/, /[^0-9_a-z][0-9]+ ?\)* ?(?:or|and) ?\(* ?[0-9]+ ?(?:=|<>) ?[0-9]+/, /'\)* ?;? ?(?:--|#)[ \-]*$/, /["']\)* ?;? ?\/\*/, /; ?(?:insert into |delete from |drop (?:table|database|schema|view) |alter table |create (?:table|user) |truncate table |declare @|shutdown[ ;]|exec(?:ute)? [(@a-z])/, /; ?(?:select [^;]{1,100} from |update [.0-9_a-z]{1,64} set )/, /[^0-9_a-z]union(?: |\/\*[^*]*\*\/)+(?:all |distinct )?\(? ?select (?:null|[0-9]|@@|["'-*.0-9_a-z]{1,64} ?(?:,| from ))/, /[^0-9_a-z]select [ "'-*,.0-9@_a-z]{1,200} from (?:information_schema|pg_catalog|sqlite_master|sys\.|mysql\.|all_tables)/, /[^0-9_a-z]insert into [".0-9_a-z]{1,64} ?(?:\([^()]{1,200}\) ?)?(?:values ?\(|select )/, /[^0-9_a-z]delete from [".0-9_a-z]{1,64} where [".0-9_a-z]{1,64} ?[<->]/, /[^0-9_a-z]drop (?:table|database|schema|view) (?:if exists )?[".0-9_a-z]{1,64} ?(?:;|--|cascade)/, /[^0-9_a-z]update [".0-9_a-z]{1,64} set [".0-9_a-z]{1,64} ?=/, /[^0-9_a-z](?:sleep|benchmark|pg_sleep|load_file|extractvalue|updatexml) ?\( ?["'0-9]/, /[^0-9_a-z]waitfor delay ["']/, /[^0-9_a-z](?:xp_cmdshell|sp_executesql|sp_oacreate)[^0-9_a-z]/, /[^0-9_a-z]into (?:outfile|dumpfile) ["']/];
  case "xss":
    return [/<\/?(?:script|iframe|object|embed|applet|meta|link|base|svg|math|style|form|frameset|template)[ \/>]/, /<[a-z][\-0-:a-z]{0,32}[ \/][^<>]{0,250}[ "'\/]on[a-z]{3,24} ?=/, /<[a-z][\-0-:a-z]{0,32}[ \/]on[a-z]{3,24} ?=/, /["'][ \/]*on[a-z]{3,24} ?= ?["'(a-z]/, /^ (?:javascript|vbscript) ?: ?[^ ]{0,100}[(=`]/, /["'(=>] ?(?:javascript|vbscript) ?: ?[^ ]{0,100}[(=`]/, /[^a-z]data:(?:text\/html|image\/svg\+xml|application\/xhtml\+xml)[,;]/, /(?:src|href|action|formaction) ?= ?["']? ?(?:javascript|vbscript|data) ?:/, /<!(?:doctype|entity|\[cdata)/, /["'`] ?\)*[+\-;] ?(?:alert|confirm|prompt|eval|fetch|settimeout|setinterval|import) ?\(/];
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
    return function (run) { return [["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true], ["access-control-allow-origin", String(run.request.line("origin")), (run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin")))], ["access-control-allow-credentials", "true", (run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin")))], ["access-control-expose-headers", "X-Request-Id", (run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin")))]]; };
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
