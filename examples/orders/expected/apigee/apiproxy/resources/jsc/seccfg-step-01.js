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
      if (fails(isOneOf(run.request.host(), ["api.example.com", "mesh.api.example.com"]))) {
        return refusal("wrong_host", 404, "authz.denied", [], []);
      }
      return null;
    };
  case 2:
    return function (run) { // plain_http
      if (run.request.tls() === true) {
      } else if ((isOneOf(run.request.method, ["GET", "HEAD"]) && isOneOf(run.request.host(), ["api.example.com", "mesh.api.example.com"]) && finds(/^[!"$-\x7e]+$/, run.request.target) && finds(/^\/(?:(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+(?:\/(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+)*\/?)?$/, run.request.path) && lacks(/\/\.\.?\//, run.request.path) && lacks(/\/\.\.?$/, run.request.path) && (run.request.query === null || (lacks(/%(?:[^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f])/, run.request.query) && lacks(/%[0-9A-Fa-f]?$/, run.request.query))) && (run.request.count("authorization") !== null && run.request.count("authorization") === 0) && (run.filled("bearer").length === 0) && (run.filled("header x-api-key").length === 0) && (run.filled("cookie __Host-session").length === 0) && run.request.query !== null)) {
        return refusal("plain_http", 308, "authz.denied", [["location", "https://" + String(run.request.host()) + String(run.request.path) + "?" + String(run.request.query), true]], []);
      } else if ((isOneOf(run.request.method, ["GET", "HEAD"]) && isOneOf(run.request.host(), ["api.example.com", "mesh.api.example.com"]) && finds(/^[!"$-\x7e]+$/, run.request.target) && finds(/^\/(?:(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+(?:\/(?:[!"$\x26-.0-:<->@-\[\]-\x7e]|%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-CEFa-cef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])+)*\/?)?$/, run.request.path) && lacks(/\/\.\.?\//, run.request.path) && lacks(/\/\.\.?$/, run.request.path) && (run.request.query === null || (lacks(/%(?:[^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f])/, run.request.query) && lacks(/%[0-9A-Fa-f]?$/, run.request.query))) && (run.request.count("authorization") !== null && run.request.count("authorization") === 0) && (run.filled("bearer").length === 0) && (run.filled("header x-api-key").length === 0) && (run.filled("cookie __Host-session").length === 0))) {
        return refusal("plain_http", 308, "authz.denied", [["location", "https://" + String(run.request.host()) + String(run.request.path), true]], []);
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
      if (fails((within(run.request.peer(), [[4, [0], 0], [6, [0, 0, 0, 0], 0]]) === true && within(run.request.peer(), [[4, [3405803842], 32]]) === false))) {
        return refusal("address", 403, "authz.denied", [], []);
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
      if (fails(LIMITS[1].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(1, LIMITS[1].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
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
      run.charge([1]);
      return null;
    };
  case 10:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
      }
      if (areExactly(run.credentials(), ["staff"])) {
        if (fails((run.credential("staff").length <= 8192) &&
            (run.token("staff") !== null) === true &&
            isOneOf(run.headerText("staff", "alg"), ["RS256", "ES256"]) &&
            meetsNone(run.headerNames("staff"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("staff"), ["typ"]) || isOneOf(run.headerText("staff", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("staff", "kid") !== null)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        if (fails(run.keysUsable === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.signature("staff") === true &&
            (run.request.now() !== null && run.claimNumber("staff", ["exp"]) !== null && run.request.now() < run.claimNumber("staff", ["exp"]) + 30) &&
            (run.hasClaim("staff", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("staff", ["nbf"]) !== null && run.request.now() >= run.claimNumber("staff", ["nbf"]) - 30)) &&
            ((run.claimNumber("staff", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("staff", ["iat"]) <= run.request.now() + 30) && (run.request.now() !== null && run.claimNumber("staff", ["iat"]) !== null && run.request.now() < run.claimNumber("staff", ["iat"]) + 930)) &&
            run.claimText("staff", ["iss"]) === "https://login.example.com/" &&
            meets(run.claimTexts("staff", ["aud"]), ["https://api.example.com"]) &&
            isReadable(run.claimText("staff", ["sub"])) &&
            differs(run.claimText("staff", ["jti"]), "") &&
            isWhole(run.claimNumber("staff", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(0);
        if ((run.fromCookie() === false || isOneOf(run.request.method, ["GET", "HEAD"]))) {
        } else {
          if (fails(differs(run.request.line("x-csrf-token"), "") &&
              ((run.request.count("origin") !== null && run.request.count("origin") === 0) || (run.request.tls() === true && finds(/^https:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || (run.request.tls() === false && finds(/^http:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))))) {
            return refusal("csrf", 403, "auth.failed", [], []);
          }
        }
      } else if (areExactly(run.credentials(), ["customers"])) {
        if (fails((run.credential("customers").length <= 8192) &&
            (run.token("customers") !== null) === true &&
            run.headerText("customers", "alg") === "ES256" &&
            meetsNone(run.headerNames("customers"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("customers"), ["typ"]) || isOneOf(run.headerText("customers", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("customers", "kid") !== null &&
            run.signature("customers") === true &&
            (run.request.now() !== null && run.claimNumber("customers", ["exp"]) !== null && run.request.now() < run.claimNumber("customers", ["exp"])) &&
            (run.hasClaim("customers", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("customers", ["nbf"]) !== null && run.request.now() >= run.claimNumber("customers", ["nbf"]))) &&
            (run.hasClaim("customers", ["iat"]) === false || (run.claimNumber("customers", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("customers", ["iat"]) <= run.request.now())) &&
            run.claimText("customers", ["iss"]) === "https://customers.example.com" &&
            meets(run.claimTexts("customers", ["aud"]), ["orders"]) &&
            isReadable(run.claimText("customers", ["sub"])) &&
            differs(run.claimText("customers", ["jti"]), "") &&
            isWhole(run.claimNumber("customers", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(1);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if (((isSubset(run.credentials(), ["staff"]) && meetsNone(run.credentials(), ["staff"])) || (isSubset(run.credentials(), ["customers"]) && meetsNone(run.credentials(), ["customers"])))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 11:
    return function (run) { // revocation
      if (run.chosen === "0") {
        if (fails(run.revocationReadable() === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.denied("staff") === false &&
            (run.revocationNumber("staff", "version") === null || (run.claimNumber("staff", ["token_version"]) !== null && run.revocationNumber("staff", "version") !== null && run.claimNumber("staff", ["token_version"]) >= run.revocationNumber("staff", "version"))) &&
            (run.revocationNumber("staff", "since") === null || (run.claimNumber("staff", ["iat"]) !== null && run.revocationNumber("staff", "since") !== null && run.claimNumber("staff", ["iat"]) >= run.revocationNumber("staff", "since"))))) {
          return refusal("revoked", 401, "token.revoked", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      } else if (run.chosen === "1") {
        if (fails(run.revocationReadable() === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.denied("customers") === false &&
            (run.revocationNumber("customers", "version") === null || (run.claimNumber("customers", ["token_version"]) !== null && run.revocationNumber("customers", "version") !== null && run.claimNumber("customers", ["token_version"]) >= run.revocationNumber("customers", "version"))) &&
            (run.revocationNumber("customers", "since") === null || (run.claimNumber("customers", ["iat"]) !== null && run.revocationNumber("customers", "since") !== null && run.claimNumber("customers", ["iat"]) >= run.revocationNumber("customers", "since"))))) {
          return refusal("revoked", 401, "token.revoked", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 12:
    return function (run) { // principal_limits
      return null;
    };
  case 13:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (true) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 14:
    return function (run) { // validate
      if (fails(((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || (differs(run.request.mediaType(), "application/json") && lacks(/\+json$/, run.request.mediaType())) || (run.request.json(20) !== null) === true) &&
          showsNone(run.inputs([]), screen("sql-injection")) &&
          showsNone(run.inputs([]), screen("xss")))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 15:
    return function (run) { // forward
      if (fails((identityText(typed(run.principalAttribute("tenant", "string"), "string")) === null || isSendable(identityText(typed(run.principalAttribute("tenant", "string"), "string")))) &&
          (identityText(run.principal("subject")) === null || isSendable(identityText(run.principal("subject")))))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
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
    return function (run) { // preflight
      if (((run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))) && isSubset(run.request.elements("access-control-request-headers"), ["authorization", "content-type", "x-csrf-token"]))) {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true], ["access-control-allow-origin", String(run.request.line("origin")), true], ["access-control-allow-methods", "GET", true], ["access-control-allow-headers", "Authorization, Content-Type, X-CSRF-Token", true], ["access-control-allow-credentials", "true", true], ["access-control-max-age", "600", true]]);
      } else {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true]]);
      }
      return null;
    };
  case 17:
    return function (run) { // address
      if (fails(run.request.peer() !== null)) {
        return refusal("internal", 500, "check.failed", [], []);
      }
      if (fails(run.request.peer() !== null)) {
        return refusal("malformed", 400, "authz.denied", [], []);
      }
      if (fails((within(run.request.peer(), [[4, [0], 0], [6, [0, 0, 0, 0], 0]]) === true && within(run.request.peer(), [[4, [3405803842], 32]]) === false) &&
          within(run.request.peer(), [[4, [3325256704], 24]]) === true)) {
        return refusal("address", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 18:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
      }
      if (areExactly(run.credentials(), ["staff"])) {
        if (fails((run.credential("staff").length <= 8192) &&
            (run.token("staff") !== null) === true &&
            isOneOf(run.headerText("staff", "alg"), ["RS256", "ES256"]) &&
            meetsNone(run.headerNames("staff"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("staff"), ["typ"]) || isOneOf(run.headerText("staff", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("staff", "kid") !== null)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        if (fails(run.keysUsable === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.signature("staff") === true &&
            (run.request.now() !== null && run.claimNumber("staff", ["exp"]) !== null && run.request.now() < run.claimNumber("staff", ["exp"]) + 30) &&
            (run.hasClaim("staff", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("staff", ["nbf"]) !== null && run.request.now() >= run.claimNumber("staff", ["nbf"]) - 30)) &&
            ((run.claimNumber("staff", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("staff", ["iat"]) <= run.request.now() + 30) && (run.request.now() !== null && run.claimNumber("staff", ["iat"]) !== null && run.request.now() < run.claimNumber("staff", ["iat"]) + 930)) &&
            run.claimText("staff", ["iss"]) === "https://login.example.com/" &&
            meets(run.claimTexts("staff", ["aud"]), ["https://api.example.com"]) &&
            isReadable(run.claimText("staff", ["sub"])) &&
            differs(run.claimText("staff", ["jti"]), "") &&
            isWhole(run.claimNumber("staff", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(0);
        if ((run.fromCookie() === false || isOneOf(run.request.method, ["GET", "HEAD"]))) {
        } else {
          if (fails(differs(run.request.line("x-csrf-token"), "") &&
              ((run.request.count("origin") !== null && run.request.count("origin") === 0) || (run.request.tls() === true && finds(/^https:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || (run.request.tls() === false && finds(/^http:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))))) {
            return refusal("csrf", 403, "auth.failed", [], []);
          }
        }
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((isSubset(run.credentials(), ["staff"]) && meetsNone(run.credentials(), ["staff"]))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 19:
    return function (run) { // revocation
      if (run.chosen === "0") {
        if (fails(run.revocationReadable() === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.denied("staff") === false &&
            (run.revocationNumber("staff", "version") === null || (run.claimNumber("staff", ["token_version"]) !== null && run.revocationNumber("staff", "version") !== null && run.claimNumber("staff", ["token_version"]) >= run.revocationNumber("staff", "version"))) &&
            (run.revocationNumber("staff", "since") === null || (run.claimNumber("staff", ["iat"]) !== null && run.revocationNumber("staff", "since") !== null && run.claimNumber("staff", ["iat"]) >= run.revocationNumber("staff", "since"))))) {
          return refusal("revoked", 401, "token.revoked", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 20:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (meets(run.principal("roles"), ["admin"])) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 21:
    return function (run) { // validate
      if (fails(parameterFits(run.parameter("path", "order_id"), "string", schema_0) &&
          ((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || (differs(run.request.mediaType(), "application/json") && lacks(/\+json$/, run.request.mediaType())) || (run.request.json(20) !== null) === true) &&
          showsNone(run.inputs([]), screen("sql-injection")) &&
          showsNone(run.inputs([]), screen("xss")))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 22:
    return function (run) { // preflight
      if (((run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))) && isSubset(run.request.elements("access-control-request-headers"), ["authorization", "content-type", "x-csrf-token"]))) {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true], ["access-control-allow-origin", String(run.request.line("origin")), true], ["access-control-allow-methods", "DELETE, GET, PUT", true], ["access-control-allow-headers", "Authorization, Content-Type, X-CSRF-Token", true], ["access-control-allow-credentials", "true", true], ["access-control-max-age", "600", true]]);
      } else {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true]]);
      }
      return null;
    };
  case 23:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (((meets(run.principal("roles"), ["admin", "editor", "viewer"]) && condition_4_same_department_holds(run)) || meets(run.principal("roles"), ["admin"]))) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 24:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (((meets(run.principal("roles"), ["admin", "editor", "service"]) && condition_1_owns_order_holds(run)) || meets(run.principal("roles"), ["admin"]))) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 25:
    return function (run) { // plain_http
      return null;
    };
  case 26:
    return function (run) { // address_limits
      return null;
    };
  case 27:
    return function (run) { // authenticate
      return null;
    };
  case 28:
    return function (run) { // revocation
      return null;
    };
  case 29:
    return function (run) { // authorize
      return null;
    };
  case 30:
    return function (run) { // forward
      return null;
    };
  case 31:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
      }
      if ((run.certificate() === true && areExactly(run.credentials(), ["staff"]))) {
        if (fails(run.certificateValid("mesh") === true &&
            run.san("mesh") !== null)) {
          return refusal("invalid_certificate", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        if (fails((run.credential("staff").length <= 8192) &&
            (run.token("staff") !== null) === true &&
            isOneOf(run.headerText("staff", "alg"), ["RS256", "ES256"]) &&
            meetsNone(run.headerNames("staff"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("staff"), ["typ"]) || isOneOf(run.headerText("staff", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("staff", "kid") !== null)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        if (fails(run.keysUsable === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.signature("staff") === true &&
            (run.request.now() !== null && run.claimNumber("staff", ["exp"]) !== null && run.request.now() < run.claimNumber("staff", ["exp"]) + 30) &&
            (run.hasClaim("staff", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("staff", ["nbf"]) !== null && run.request.now() >= run.claimNumber("staff", ["nbf"]) - 30)) &&
            ((run.claimNumber("staff", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("staff", ["iat"]) <= run.request.now() + 30) && (run.request.now() !== null && run.claimNumber("staff", ["iat"]) !== null && run.request.now() < run.claimNumber("staff", ["iat"]) + 930)) &&
            run.claimText("staff", ["iss"]) === "https://login.example.com/" &&
            meets(run.claimTexts("staff", ["aud"]), ["https://api.example.com"]) &&
            isReadable(run.claimText("staff", ["sub"])) &&
            differs(run.claimText("staff", ["jti"]), "") &&
            isWhole(run.claimNumber("staff", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(0);
        if ((run.fromCookie() === false || isOneOf(run.request.method, ["GET", "HEAD"]))) {
        } else {
          if (fails(differs(run.request.line("x-csrf-token"), "") &&
              ((run.request.count("origin") !== null && run.request.count("origin") === 0) || (run.request.tls() === true && finds(/^https:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || (run.request.tls() === false && finds(/^http:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin")))))) {
            return refusal("csrf", 403, "auth.failed", [], []);
          }
        }
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && (run.credentials().length === 2 || (run.certificate() === true && run.credentials().length === 1)))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && (run.credentials().length === 2 || (run.certificate() === true && run.credentials().length === 1)))) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 2)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if (((isSubset(run.credentials(), ["mesh", "staff"]) && meetsNone(run.credentials(), ["mesh"])) || (isSubset(run.credentials(), ["mesh", "staff"]) && meetsNone(run.credentials(), ["staff"])))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  default:
    return null;
  }
}

function step_2(number) {
  "use strict";
  switch (number) {
  case 32:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (meets(run.principal("roles"), ["service"])) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 33:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
      }
      if (areExactly(run.credentials(), ["staff"])) {
        if (fails((run.credential("staff").length <= 8192) &&
            (run.token("staff") !== null) === true &&
            isOneOf(run.headerText("staff", "alg"), ["RS256", "ES256"]) &&
            meetsNone(run.headerNames("staff"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("staff"), ["typ"]) || isOneOf(run.headerText("staff", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("staff", "kid") !== null)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        if (fails(run.keysUsable === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.signature("staff") === true &&
            (run.request.now() !== null && run.claimNumber("staff", ["exp"]) !== null && run.request.now() < run.claimNumber("staff", ["exp"]) + 30) &&
            (run.hasClaim("staff", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("staff", ["nbf"]) !== null && run.request.now() >= run.claimNumber("staff", ["nbf"]) - 30)) &&
            ((run.claimNumber("staff", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("staff", ["iat"]) <= run.request.now() + 30) && (run.request.now() !== null && run.claimNumber("staff", ["iat"]) !== null && run.request.now() < run.claimNumber("staff", ["iat"]) + 930)) &&
            run.claimText("staff", ["iss"]) === "https://login.example.com/" &&
            meets(run.claimTexts("staff", ["aud"]), ["https://api.example.com"]) &&
            isReadable(run.claimText("staff", ["sub"])) &&
            differs(run.claimText("staff", ["jti"]), "") &&
            isWhole(run.claimNumber("staff", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(0);
        if ((run.fromCookie() === false || isOneOf(run.request.method, ["GET", "HEAD"]))) {
        } else {
          if (fails(differs(run.request.line("x-csrf-token"), "") &&
              ((run.request.count("origin") !== null && run.request.count("origin") === 0) || (run.request.tls() === true && finds(/^https:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || (run.request.tls() === false && finds(/^http:\/\/(?:api\.example\.com|mesh\.api\.example\.com)(?::[1-9][0-9]{0,4})?$/, run.request.line("origin"))) || run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))))) {
            return refusal("csrf", 403, "auth.failed", [], []);
          }
        }
      } else if (areExactly(run.credentials(), ["customers"])) {
        if (fails((run.credential("customers").length <= 8192) &&
            (run.token("customers") !== null) === true &&
            run.headerText("customers", "alg") === "ES256" &&
            meetsNone(run.headerNames("customers"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("customers"), ["typ"]) || isOneOf(run.headerText("customers", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("customers", "kid") !== null &&
            run.signature("customers") === true &&
            (run.request.now() !== null && run.claimNumber("customers", ["exp"]) !== null && run.request.now() < run.claimNumber("customers", ["exp"])) &&
            (run.hasClaim("customers", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("customers", ["nbf"]) !== null && run.request.now() >= run.claimNumber("customers", ["nbf"]))) &&
            (run.hasClaim("customers", ["iat"]) === false || (run.claimNumber("customers", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("customers", ["iat"]) <= run.request.now())) &&
            run.claimText("customers", ["iss"]) === "https://customers.example.com" &&
            meets(run.claimTexts("customers", ["aud"]), ["orders"]) &&
            isReadable(run.claimText("customers", ["sub"])) &&
            differs(run.claimText("customers", ["jti"]), "") &&
            isWhole(run.claimNumber("customers", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(1);
      } else if (areExactly(run.credentials(), ["partner"])) {
        if (fails(run.request.peer() !== null)) {
          return refusal("internal", 500, "check.failed", [], []);
        }
        if (fails(run.request.peer() !== null)) {
          return refusal("malformed", 400, "auth.failed", [], []);
        }
        if (fails((run.credential("partner").length <= 8192) &&
            run.keyId("partner") !== null &&
            (run.keyTime("partner", "notBefore") === null || (run.request.now() !== null && run.keyTime("partner", "notBefore") !== null && run.request.now() >= run.keyTime("partner", "notBefore"))) &&
            (run.keyTime("partner", "expires") === null || (run.request.now() !== null && run.keyTime("partner", "expires") !== null && run.request.now() < run.keyTime("partner", "expires"))) &&
            run.keyAddress("partner") === true)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(2);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if (((isSubset(run.credentials(), ["staff"]) && meetsNone(run.credentials(), ["staff"])) || (isSubset(run.credentials(), ["customers"]) && meetsNone(run.credentials(), ["customers"])) || (isSubset(run.credentials(), ["partner"]) && meetsNone(run.credentials(), ["partner"])))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 34:
    return function (run) { // principal_limits
      if (fails(LIMITS[2].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(2, LIMITS[2].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
      run.charge([2]);
      return null;
    };
  case 35:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (((isOneOf(run.principal("method"), ["partner", "staff"]) && meets(run.principal("roles"), ["admin", "customer", "editor", "partner", "service", "viewer"])) || (run.principal("method") === "customers" && holdsAll(run.principal("scopes"), ["orders.read"])))) {
      } else if (run.principal("method") === "customers") {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"orders\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 36:
    return function (run) { // validate
      if (fails(((run.given("header", "x-trace") !== null && run.given("header", "x-trace") === 0) || parameterFits(run.parameter("header", "x-trace"), "string", schema_1)) &&
          ((run.given("query", "limit") !== null && run.given("query", "limit") === 0) || parameterFits(run.parameter("query", "limit"), "integer", schema_2)) &&
          ((run.given("query", "status") !== null && run.given("query", "status") === 0) || parameterFits(run.parameter("query", "status"), "string", schema_3)) &&
          isSubset(run.request.queryNames(), ["limit", "status"]) &&
          ((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || (differs(run.request.mediaType(), "application/json") && lacks(/\+json$/, run.request.mediaType())) || (run.request.json(20) !== null) === true) &&
          showsNone(run.inputs(["x-trace"]), screen("sql-injection")) &&
          showsNone(run.inputs(["x-trace"]), screen("xss")))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 37:
    return function (run) { // preflight
      if (((run.request.line("origin") === "https://app.example.com" || finds(/^https:\/\/[\-0-9a-z]{1,63}\.trusted\.example\.com$/, run.request.line("origin"))) && isSubset(run.request.elements("access-control-request-headers"), ["authorization", "content-type", "x-csrf-token"]))) {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true], ["access-control-allow-origin", String(run.request.line("origin")), true], ["access-control-allow-methods", "GET, POST", true], ["access-control-allow-headers", "Authorization, Content-Type, X-CSRF-Token", true], ["access-control-allow-credentials", "true", true], ["access-control-max-age", "600", true]]);
      } else {
        return preflight([["strict-transport-security", "max-age=31536000; includeSubDomains; preload", run.request.tls() === true], ["vary", "Origin", true]]);
      }
      return null;
    };
  case 38:
    return function (run) { // body
      if (fails((run.request.declaredLength() === null || (run.request.declaredLength() !== null && run.request.declaredLength() <= 65536)))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails(((run.request.declaredLength() !== null && run.request.declaredLength() === 0) || run.request.mediaType() === "application/json"))) {
        return refusal("media_type", 415, "input.rejected", [], []);
      }
      if (fails((run.request.bodyLength() !== null && run.request.bodyLength() <= 65536))) {
        return refusal("body_too_large", 413, "input.rejected", [], []);
      }
      if (fails((run.request.declaredLength() === null || (run.request.bodyLength() !== null && run.request.declaredLength() !== null && run.request.bodyLength() === run.request.declaredLength())))) {
        return refusal("malformed", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 39:
    return function (run) { // principal_limits
      if (fails(LIMITS[3].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(3, LIMITS[3].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
      run.charge([3]);
      return null;
    };
  case 40:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (((meets(run.principal("roles"), ["admin", "editor", "service"]) && condition_2_office_hours_holds(run) && condition_5_small_order_holds(run)) || meets(run.principal("roles"), ["admin"]))) {
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 41:
    return function (run) { // validate
      if (fails((run.request.bodyLength() !== null && run.request.bodyLength() > 0) &&
          ((run.request.bodyLength() !== null && run.request.bodyLength() === 0) || ((run.request.json(20) !== null) === true && run.bodyFits(schema_4))) &&
          showsNone(run.inputs([]), screen("sql-injection")) &&
          showsNone(run.inputs([]), screen("xss")))) {
        return refusal("invalid_input", 400, "input.rejected", [], []);
      }
      return null;
    };
  case 42:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (((run.principal("client") === "nightly" && holdsAll(run.principal("scopes"), ["reports.read"])) || meets(run.principal("roles"), ["admin"]))) {
      } else if (run.principal("client") === "nightly") {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"orders\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 43:
    return function (run) { // authenticate
      if (fails(run.filledTwice() === false)) {
        return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
      }
      if (areExactly(run.credentials(), ["customers"])) {
        if (fails((run.credential("customers").length <= 8192) &&
            (run.token("customers") !== null) === true &&
            run.headerText("customers", "alg") === "ES256" &&
            meetsNone(run.headerNames("customers"), ["b64", "crit", "jku", "jwk", "x5u"]) &&
            (meetsNone(run.headerNames("customers"), ["typ"]) || isOneOf(run.headerText("customers", "typ"), ["JWT", "at+jwt", "application/at+jwt"])) &&
            run.headerText("customers", "kid") !== null &&
            run.signature("customers") === true &&
            (run.request.now() !== null && run.claimNumber("customers", ["exp"]) !== null && run.request.now() < run.claimNumber("customers", ["exp"])) &&
            (run.hasClaim("customers", ["nbf"]) === false || (run.request.now() !== null && run.claimNumber("customers", ["nbf"]) !== null && run.request.now() >= run.claimNumber("customers", ["nbf"]))) &&
            (run.hasClaim("customers", ["iat"]) === false || (run.claimNumber("customers", ["iat"]) !== null && run.request.now() !== null && run.claimNumber("customers", ["iat"]) <= run.request.now())) &&
            run.claimText("customers", ["iss"]) === "https://customers.example.com" &&
            meets(run.claimTexts("customers", ["aud"]), ["orders"]) &&
            isReadable(run.claimText("customers", ["sub"])) &&
            differs(run.claimText("customers", ["jti"]), "") &&
            isWhole(run.claimNumber("customers", ["token_version"])))) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
        run.choose(0);
      } else {
        if (run.credentials().length === 0) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "token" && run.credentials().length === 1)) {
          return refusal("invalid_token", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.unclaimed() === "key" && run.credentials().length === 1)) {
          return refusal("invalid_key", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((meets(run.credentials(), [""]) && run.credentials().length < 1)) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else if (meets(run.credentials(), [""])) {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        } else if ((isSubset(run.credentials(), ["customers"]) && meetsNone(run.credentials(), ["customers"]))) {
          return refusal("no_credential", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\"", true]], []);
        } else {
          return refusal("several_credentials", 401, "auth.failed", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 44:
    return function (run) { // revocation
      if (run.chosen === "0") {
        if (fails(run.revocationReadable() === true)) {
          return refusal("unavailable", 503, "check.failed", [], []);
        }
        if (fails(run.denied("customers") === false &&
            (run.revocationNumber("customers", "version") === null || (run.claimNumber("customers", ["token_version"]) !== null && run.revocationNumber("customers", "version") !== null && run.claimNumber("customers", ["token_version"]) >= run.revocationNumber("customers", "version"))) &&
            (run.revocationNumber("customers", "since") === null || (run.claimNumber("customers", ["iat"]) !== null && run.revocationNumber("customers", "since") !== null && run.claimNumber("customers", ["iat"]) >= run.revocationNumber("customers", "since"))))) {
          return refusal("revoked", 401, "token.revoked", [["www-authenticate", "Bearer realm=\"orders\", error=\"invalid_token\"", true]], [0]);
        }
      }
      return null;
    };
  case 45:
    return function (run) { // principal_limits
      if (fails(LIMITS[4].key(run) !== null)) {
        return refusal("forbidden", 403, "rate.limited", [], []);
      }
      run.enforce(4, LIMITS[4].key(run), refusal("rate_limited", 429, "rate.limited", [], []));
      run.charge([4]);
      return null;
    };
  case 46:
    return function (run) { // authorize
      if (fails(run.principal("id") !== null &&
          condition_0_suspended_fails(run) &&
          condition_3_own_tenant_holds(run))) {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      if (holdsAll(run.principal("scopes"), ["orders.read"])) {
      } else if (true) {
        return refusal("insufficient_scope", 403, "authz.denied", [["www-authenticate", "Bearer realm=\"orders\", error=\"insufficient_scope\"", true]], []);
      } else {
        return refusal("forbidden", 403, "authz.denied", [], []);
      }
      return null;
    };
  case 47:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "GET", true]], []);
    };
  default:
    return null;
  }
}

function step_3(number) {
  "use strict";
  switch (number) {
  case 48:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "DELETE, GET, PUT", true]], []);
    };
  case 49:
    return function (run) { // method
      return refusal("method", 405, "input.rejected", [["allow", "POST", true]], []);
    };
  case 50:
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
  case 2:
    return step_2(number);
  case 3:
    return step_3(number);
  default:
    return null;
  }
}
