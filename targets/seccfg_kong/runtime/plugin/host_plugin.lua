-- The host's primitives inside a plugin of its own: those of the function sandbox, and what that has not: OpenSSL and Redis.
local identity = use("identity")
local jwks = use("jwks")
local openssl_pkey = require("resty.openssl.pkey")
local sandboxed = use("host_kong")
local store = use("store")

local M = {}

for name, work in pairs(sandboxed) do
  M[name] = work
end
M.sha256 = use("sha256")
M.shared_counters = store

-- ------------------------------------------------------------------------------------------------------ signatures
M.keys, M.keys_usable = jwks.keys, jwks.usable

local DIGESTS = {
  RS256 = "sha256", RS384 = "sha384", RS512 = "sha512", PS256 = "sha256", PS384 = "sha384", PS512 = "sha512",
  ES256 = "sha256", ES384 = "sha384", ES512 = "sha512",
}
local SIZES = { ES256 = 64, ES384 = 96, ES512 = 132 }
local RAW = { ecdsa_use_raw = true }

-- Public keys by their text: read once a worker.
local keys = {}

local function key_of(pem)
  local key = keys[pem]
  if not key then
    key = openssl_pkey.new(pem)
    keys[pem] = key
  end
  return key
end

-- The last good signatures, so that a client's token is not checked anew with every request. Nothing else of a decision is
-- kept: times, revocation and authorization are asked each time.
local MOST = 1000
local good, older, count = {}, {}, 0

local function remembered(name)
  if good[name] then
    return true
  end
  if older[name] then
    good[name], count = true, count + 1
    return true
  end
  return false
end

local function remember(name)
  if count >= MOST then
    good, older, count = {}, good, 0
  end
  good[name], count = true, count + 1
end

local function verified(token, key)
  local alg, public = token.header.alg, key_of(key.pem)
  if not public then
    return false
  end
  local digest = DIGESTS[alg]
  local family = string.sub(alg, 1, 2)
  if family == "RS" then
    return public:verify(token.signature, token.signed, digest) == true
  elseif family == "PS" then
    return public:verify(token.signature, token.signed, digest, openssl_pkey.PADDINGS.RSA_PKCS1_PSS_PADDING) == true
  elseif family == "ES" then
    return token.size == SIZES[alg] and public:verify(token.signature, token.signed, digest, nil, RAW) == true
  elseif alg == "EdDSA" then
    return token.size == 64 and public:verify(token.signature, token.signed) == true
  end
  return false
end

function M.signed(token, key)
  local name = key.pem .. token.text
  if remembered(name) then
    return true
  end
  if not verified(token, key) then
    return false
  end
  remember(name)
  return true
end

-- ------------------------------------------------------------------------------------------------------ revocation
-- What the store says of every token of the chosen alternative, asked once: false when it does not answer.
local function revocations(q)
  local found = q.memo.revocations
  if found == nil then
    found = false
    local names, asked = {}, {}
    local alternative = q.branch.alternatives[q.chosen]
    for number = 1, #alternative do
      local name = alternative[number]
      if q.data.methods[name].kind == "jwt" then
        names[#names + 1] = name
        asked[#asked + 1] = {
          deny = q.data.revocation.deny and identity.claim_text(q, name, q.data.revocation.deny),
          principal = identity.principal_id(q, name),
        }
      end
    end
    local answers = store.revocations(q, asked)
    if answers then
      found = {}
      for number = 1, #names do
        found[names[number]] = answers[number]
      end
    end
    q.memo.revocations = found
  end
  return found
end

function M.revocation_store(q)
  return revocations(q) ~= false
end

function M.denied(q, name)
  return revocations(q)[name].denied
end

function M.lowest_version(q, name)
  return revocations(q)[name].version
end

function M.not_before(q, name)
  return revocations(q)[name].not_before
end

return M
