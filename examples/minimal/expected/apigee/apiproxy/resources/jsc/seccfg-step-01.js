// The steps of the program, by number. Generated.

function step_0(number) {
  "use strict";
  switch (number) {
  case 0:
    return function (run) { // request_target
      if (fails((finds(/^[!"$-\x7e]+$/, run.request.target) && finds(/^\/(?:(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+(?:\/(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+)*\/?)?$/, run.request.path) && lacks(/\/\.\.?\//, run.request.path) && lacks(/\/\.\.?$/, run.request.path) && (run.request.query === null || (lacks(/%(?:[^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f])/, run.request.query) && lacks(/%[0-9A-Fa-f]?$/, run.request.query)))) &&
          (run.request.count("host") !== null && run.request.count("host") <= 1) &&
          (run.request.count("authorization") !== null && run.request.count("authorization") <= 1) &&
          (run.request.count("content-length") !== null && run.request.count("content-length") <= 1) &&
          (run.request.line("host") === null || lacks(/,/, run.request.line("host"))) &&
          (run.request.count("x-http-method-override") !== null && run.request.count("x-http-method-override") === 0) &&
          (run.request.count("x-method-override") !== null && run.request.count("x-method-override") === 0) &&
          (run.request.count("x-original-url") !== null && run.request.count("x-original-url") === 0) &&
          (run.request.count("x-rewrite-url") !== null && run.request.count("x-rewrite-url") === 0) &&
          ((run.request.count("content-length") !== null && run.request.count("content-length") === 0) || (finds(/^[0-9]{1,18}$/, run.request.line("content-length")) && run.request.chunked() === false)) &&
          (run.request.authority === null || sameText(run.request.authority, run.request.line("host"))) &&
          isNoneOf(run.request.method, ["CONNECT", "TRACE"]) &&
          (run.request.count("upgrade") !== null && run.request.count("upgrade") === 0))) {
        return refusal("malformed", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 1:
    return function (run) { // host
      if (fails(run.request.host() !== null)) {
        return refusal("malformed", 400, "authz.denied", [], []);
      }
      if (fails(run.request.host() === "notes.example.com")) {
        return refusal("wrong_host", 404, "authz.denied", [], []);
      }
      return null;
    };
  case 2:
    return function (run) { // plain_http
      if (run.request.tls() === true) {
      } else {
        return refusal("plain_http", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 3:
    return function (run) { // address
      if (fails(run.request.peer() !== null)) {
        return refusal("internal", 500, "check.failed", [], []);
      }
      if (fails(run.request.peer() !== null)) {
        return refusal("malformed", 400, "authz.denied", [], []);
      }
      return null;
    };
  case 4:
    return function (run) { // route
      return refusal("no_route", 404, "input.rejected", [], []);
    };
  case 5:
    return function (run) { // route
      return null;
    };
  case 6:
    return function (run) { // preflight
      return null;
    };
  case 7:
    return function (run) { // method
      return null;
    };
  case 8:
    return function (run) { // body
      if (fails((run.request.declaredLength() === null || (run.request.declaredLength() !== null && run.request.declaredLength() <= 1048576)))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails(((run.request.declaredLength() !== null && run.request.declaredLength() === 0) || run.request.mediaType() === "application/json"))) {
        return refusal("media_type", 415, "input.rejected", [], []);
      }
      if (fails((run.request.bodyLength() !== null && run.request.bodyLength() <= 1048576))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails((run.request.declaredLength() === null || (run.request.bodyLength() !== null && run.request.declaredLength() !== null && run.request.bodyLength() === run.request.declaredLength())))) {
        return refusal("malformed", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 9:
    return function (run) { // address_limits
      if (fails(run.request.peer() !== null)) {
        return refusal("internal", 500, "check.failed", [], []);
      }
      if (fails(run.request.peer() !== null)) {
        return refusal("malformed", 400, "rate.limited", [], []);
      }
      if (fails(LIMITS[0].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(0, LIMITS[0].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
      run.charge([0]);
      return null;
    };
  case 10:
    return function (run) { // authenticate
      return null;
    };
  case 11:
    return function (run) { // revocation
      return null;
    };
  case 12:
    return function (run) { // principal_limits
      return null;
    };
  case 13:
    return function (run) { // authorize
      return null;
    };
  case 14:
    return function (run) { // validate
      if (fails(((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || (differs(run.request.mediaType(), "application/json") && lacks(/\+json$/, run.request.mediaType())) || (run.request.json(32) !== null) === true))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 15:
    return function (run) { // forward
      return null;
    };
  default:
    return null;
  }
}

function step_1(number) {
  "use strict";
  switch (number) {
  case 16:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
      }
      if (areExactly(run.credentials(), ["users"])) {
        if (fails((run.credential("users").length <= 8192) &&
            (run.token("users") !== null) === true &&
            run.headerText("users", "alg") === "RS256" &&
            meetsNone(run.headerNames("users"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("users"), ["typ"]) || isOneOf(run.headerText("users", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("users", "kid") !== null &&
            run.signature("users") === true &&
            (run.request.now() !== null && run.claimNumber("users", ["exp"]) !== null && run.request.now() < run.claimNumber("users", ["exp"])) &&
            (run.hasClaim("users", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("users", ["nbf"]) !== null && run.request.now() >= run.claimNumber("users", ["nbf"]))) &&
            (run.hasClaim("users", ["iat"]) === false || (run.claimNumber("users", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("users", ["iat"]) <= run.request.now())) &&
            run.claimText("users", ["iss"]) === "https://id.example.com/" &&
            meets(run.claimTexts("users", ["aud"]), ["notes"]) &&
            isReadable(run.claimText("users", ["sub"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
        }
        run.choose(0);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
        } else if ((isSubset(run.credentials(), ["users"]) && meetsNone(run.credentials(), ["users"]))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"notes\", error=\"invalid_token\"", true]], []);
        }
      }
      return null;
    };
  case 17:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null)) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (true) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 18:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null)) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (holdsAll(run.principal("scopes"), ["notes.write"])) {
      } else if (true) {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"notes\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 19:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "GET", true]], []);
    };
  case 20:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "GET, POST", true]], []);
    };
  default:
    return null;
  }
}

function step(number) {
  "use strict";
  switch (Math.floor(number / 16)) {
  case 0:
    return step_0(number);
  case 1:
    return step_1(number);
  default:
    return null;
  }
}
