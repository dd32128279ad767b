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
      if (fails(run.request.host() === "tictactoe.example.com")) {
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
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
      }
      if (areExactly(run.credentials(), ["console"])) {
        if (fails(run.request.peer() !== null)) {
          return refusal("internal", 500, "check.failed", [], []);
        }
        if (fails(run.request.peer() !== null)) {
          return refusal("malformed", 400, "auth.failed", [], []);
        }
        if (fails((run.credential("console").length <= 8192) &&
            run.keyId("console") !== null &&
            (run.keyTime("console", "notBefore") === null || (run.request.now() !== null && run.keyTime("console", "notBefore") !== null && run.request.now() >= run.keyTime("console", "notBefore"))) &&
            (run.keyTime("console", "expires") === null || (run.request.now() !== null && run.keyTime("console", "expires") !== null && run.request.now() < run.keyTime("console", "expires"))) &&
            run.keyAddress("console") === true)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        }
        run.choose(0);
      } else if (areExactly(run.credentials(), ["bearer"])) {
        if (fails((run.credential("bearer").length <= 8192) &&
            (run.token("bearer") !== null) === true &&
            run.headerText("bearer", "alg") === "ES256" &&
            meetsNone(run.headerNames("bearer"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("bearer"), ["typ"]) || isOneOf(run.headerText("bearer", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("bearer", "kid") !== null &&
            run.signature("bearer") === true &&
            (run.request.now() !== null && run.claimNumber("bearer", ["exp"]) !== null && run.request.now() < run.claimNumber("bearer", ["exp"])) &&
            (run.hasClaim("bearer", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("bearer", ["nbf"]) !== null && run.request.now() >= run.claimNumber("bearer", ["nbf"]))) &&
            (run.hasClaim("bearer", ["iat"]) === false || (run.claimNumber("bearer", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("bearer", ["iat"]) <= run.request.now())) &&
            run.claimText("bearer", ["iss"]) === "https://id.example.com/tictactoe" &&
            meets(run.claimTexts("bearer", ["aud"]), ["tictactoe"]) &&
            isReadable(run.claimText("bearer", ["sub"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        }
        run.choose(1);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if (((isSubset(run.credentials(), ["console"]) && meetsNone(run.credentials(), ["console"])) || (isSubset(run.credentials(), ["bearer"]) && meetsNone(run.credentials(), ["bearer"])))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        }
      }
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
      if (fails(run.principal("id") !== null)) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if ((run.principal("method") === "console" || (run.principal("method") === "bearer" && run.principal("client") === "service" && holdsAll(run.principal("scopes"), ["board:read"])))) {
      } else if ((run.principal("method") === "bearer" && run.principal("client") === "service")) {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
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
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
      }
      if (areExactly(run.credentials(), ["bearer"])) {
        if (fails((run.credential("bearer").length <= 8192) &&
            (run.token("bearer") !== null) === true &&
            run.headerText("bearer", "alg") === "ES256" &&
            meetsNone(run.headerNames("bearer"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("bearer"), ["typ"]) || isOneOf(run.headerText("bearer", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("bearer", "kid") !== null &&
            run.signature("bearer") === true &&
            (run.request.now() !== null && run.claimNumber("bearer", ["exp"]) !== null && run.request.now() < run.claimNumber("bearer", ["exp"])) &&
            (run.hasClaim("bearer", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("bearer", ["nbf"]) !== null && run.request.now() >= run.claimNumber("bearer", ["nbf"]))) &&
            (run.hasClaim("bearer", ["iat"]) === false || (run.claimNumber("bearer", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("bearer", ["iat"]) <= run.request.now())) &&
            run.claimText("bearer", ["iss"]) === "https://id.example.com/tictactoe" &&
            meets(run.claimTexts("bearer", ["aud"]), ["tictactoe"]) &&
            isReadable(run.claimText("bearer", ["sub"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        }
        run.choose(0);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
        } else if ((isSubset(run.credentials(), ["bearer"]) && meetsNone(run.credentials(), ["bearer"]))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"invalid_token\"", true]], []);
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
    return function (run) { // validate
      if (fails(parameterFits(run.parameter("path", "column"), "integer", schema_0) &&
          parameterFits(run.parameter("path", "row"), "integer", schema_0) &&
          ((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || (differs(run.request.mediaType(), "application/json") && lacks(/\+json$/, run.request.mediaType())) || (run.request.json(32) !== null) === true))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 19:
    return function (run) { // body
      if (fails((run.request.declaredLength() === null || (run.request.declaredLength() !== null && run.request.declaredLength() <= 1024)))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails(((run.request.declaredLength() !== null && run.request.declaredLength() === 0) || run.request.mediaType() === "application/json"))) {
        return refusal("media_type", 415, "input.rejected", [], []);
      }
      if (fails((run.request.bodyLength() !== null && run.request.bodyLength() <= 1024))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails((run.request.declaredLength() === null || (run.request.bodyLength() !== null && run.request.declaredLength() !== null && run.request.bodyLength() === run.request.declaredLength())))) {
        return refusal("malformed", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 20:
    return function (run) { // principal_limits
      if (fails(LIMITS[1].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(1, LIMITS[1].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
      run.charge([1]);
      return null;
    };
  case 21:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null)) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if ((run.principal("client") === "web" && holdsAll(run.principal("scopes"), ["board:write"]))) {
      } else if (run.principal("client") === "web") {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"tictactoe\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 22:
    return function (run) { // validate
      if (fails(((run.given("header", "progressurl") !== null && run.given("header", "progressurl") === 0) || parameterFits(run.parameter("header", "progressurl"), "string", schema_1)) &&
          parameterFits(run.parameter("path", "column"), "integer", schema_0) &&
          parameterFits(run.parameter("path", "row"), "integer", schema_0) &&
          (run.request.bodyLength() !== null && run.request.bodyLength() > 0) &&
          ((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || ((run.request.json(32) !== null) === true && run.bodyFits(schema_2))))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 23:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "GET", true]], []);
    };
  case 24:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "GET, PUT", true]], []);
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
