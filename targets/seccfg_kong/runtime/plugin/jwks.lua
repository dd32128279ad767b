-- Key sets of issuers: those of the build until the issuer answers, then what it answered last. Each worker has its own.
local answers = use("answers")
local json = use("json")
local http = require("resty.http")
local openssl_pkey = require("resty.openssl.pkey")
local sub = string.sub

local M = {}

local TIMEOUT_MS, MOST_BYTES = 5000, 1048576
local TYPES = { RS = "RSA", PS = "RSA", ES = "EC", Ed = "OKP" }
local CURVES = { ES256 = "P-256", ES384 = "P-384", ES512 = "P-521", EdDSA = "Ed25519" }
local MEMBERS = { RSA = { "kty", "n", "e" }, EC = { "kty", "crv", "x", "y" }, OKP = { "kty", "crv", "x" } }

-- Method -> { keys = key id -> list of keys, at = seconds since 1970 }.
local sets = {}

-- Algorithms of the method that a token of this key may name.
local function fitting(jwk, algorithms)
  local found, some = {}, false
  for number = 1, #algorithms do
    local alg = algorithms[number]
    if jwk.kty == TYPES[sub(alg, 1, 2)] and (CURVES[alg] == nil or CURVES[alg] == jwk.crv)
      and (jwk.alg == nil or jwk.alg == alg) and (jwk.use == nil or jwk.use == "sig") then
      found[alg], some = true, true
    end
  end
  return some and found or nil
end

-- The public half as JSON, which OpenSSL's library reads; nil when a member is none.
local function public(jwk)
  local names, parts = MEMBERS[jwk.kty], {}
  for number = 1, #names do
    local value = jwk[names[number]]
    if type(value) ~= "string" then
      return nil
    end
    parts[number] = answers.quoted(names[number]) .. ":" .. answers.quoted(value)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Keys by id of a key set's text; nil when it holds none that can be used.
function M.read(document, algorithms)
  local set = json.object(document)
  local list = set and set.o.keys
  if type(list) ~= "table" or not list.a then
    return nil
  end
  local keys, some = {}, false
  for number = 1, list.n do
    local jwk = type(list.a[number]) == "table" and list.a[number].o
    local algorithms_of = jwk and type(jwk.kid) == "string" and fitting(jwk, algorithms)
    local text = algorithms_of and public(jwk)
    if text and openssl_pkey.new(text) then
      keys[jwk.kid] = keys[jwk.kid] or {}
      table.insert(keys[jwk.kid], { kid = jwk.kid, algorithms = algorithms_of, pem = text })
      some = true
    end
  end
  return some and keys or nil
end

-- Asks the issuer; what it says takes the place of everything known, or nothing changes.
local function refresh(name, source)
  local client = http.new()
  client:set_timeout(TIMEOUT_MS)
  local answer = client:request_uri(source.url, { ssl_verify = true, headers = { Accept = "application/json" } })
  if not answer or answer.status ~= 200 or type(answer.body) ~= "string" or #answer.body > MOST_BYTES then
    return
  end
  local keys = M.read(answer.body, source.algorithms)
  if keys then
    sets[name] = { keys = keys, at = ngx.time() }
  end
end

function M.start(methods)
  for name, method in pairs(methods) do
    local source = method.jwks
    if source then
      sets[name] = { keys = method.keys, at = ngx.time() }
      local function again(premature)
        if not premature then
          refresh(name, source)
        end
      end
      ngx.timer.at(0, again)
      ngx.timer.every(source.refresh, again)
    end
  end
end

-- Keys by id, nil for a method whose keys are those of the build.
function M.keys(name)
  return sets[name] and sets[name].keys
end

-- The set is not older than it may be.
function M.usable(q, name)
  local set = sets[name]
  return set ~= nil and q.now - set.at <= q.data.methods[name].jwks.max_stale
end

return M
