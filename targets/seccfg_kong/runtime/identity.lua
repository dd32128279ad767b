-- Credentials of a request: what stands in a branch's places, what a token or a key says, and who it is.
--
-- `data` is what the policy says: methods by name, places by id, what each role gives. A method has a `kind`:
--   jwt   issuer, keys (key id -> list of { alg }), roles, scopes, subject and attribute paths, clients by id
--   key   records by id
--   certificate  pattern of its URI, names of what the wildcards capture, roles
--   none  nothing anybody can present
local addresses = use("addresses")
local head = use("head")
local json = use("json")
local text = use("text")
local find, lower, match, sub = string.find, string.lower, string.match, string.sub
local split, trim = text.split, text.trim

local M = {}

local LIMIT = 9007199254740991
local REPLACEMENT = "\239\191\189"

-- ------------------------------------------------------------------------------------------------------- places
local function in_bearer(q)
  local found = {}
  local lines = head.lines(q, "authorization")
  for number = 1, #lines do
    local scheme, rest = match(lines[number], "^([^ ]*) ?(.*)$")
    if lower(scheme) == "bearer" then
      found[#found + 1] = rest
    end
  end
  return found
end

local function in_header(q, name)
  local found = {}
  local lines = head.lines(q, name)
  for number = 1, #lines do
    local parts, count = split(lines[number], ",")
    for at = 1, count do
      found[#found + 1] = parts[at]
    end
  end
  return found
end

local function in_query(q, name)
  local found = {}
  local given = head.query_pairs(q)
  for number = 1, #given do
    if given[number][1] == name then
      found[#found + 1] = given[number][2] or REPLACEMENT
    end
  end
  return found
end

local function in_cookie(q, name)
  local found = {}
  local lines = head.lines(q, "cookie")
  for number = 1, #lines do
    local parts, count = split(lines[number], ";")
    for at = 1, count do
      local mark = find(parts[at], "=", 1, true)
      local key = mark and sub(parts[at], 1, mark - 1) or parts[at]
      if trim(key) == name then
        found[#found + 1] = mark and trim(sub(parts[at], mark + 1)) or ""
      end
    end
  end
  return found
end

local READERS = { bearer = in_bearer, header = in_header, query = in_query, cookie = in_cookie }

local function credentials_in(q, ident)
  local found = q.places[ident]
  if not found then
    local place = q.data.places[ident]
    found = READERS[place.kind](q, place.name)
    q.places[ident] = found
  end
  return found
end

function M.filled(q, ident)
  return #credentials_in(q, ident)
end

function M.filled_twice(q)
  local places = q.branch.places
  for number = 1, #places do
    if #credentials_in(q, places[number].id) > 1 then
      return true
    end
  end
  return false
end

-- ------------------------------------------------------------------------------------------------------- tokens
local function take_apart(credential)
  local first, second, third = match(credential, "^([A-Za-z0-9_-]*)%.([A-Za-z0-9_-]*)%.([A-Za-z0-9_-]*)$")
  if not first then
    return nil
  end
  local header, payload, signature = text.from_base64url(first), text.from_base64url(second), text.from_base64url(third)
  if not header or not payload or not signature then
    return nil
  end
  header = json.object(header)
  payload = header and json.object(payload)
  if not payload then
    return nil
  end
  local names = {}
  for member in pairs(header.o) do
    names[#names + 1] = member
  end
  return { header = header.o, names = names, payload = payload.o, size = #signature, text = credential, signed = first .. "." .. second,
    signature = signature, principals = {} }
end

-- Tokens this worker has taken apart, the newest and those before them: a client sends one many times. What a token says depends
-- on its text alone; whether it is good is asked with every request. Nothing changes what stands here.
local MOST = 500
local newest, older, count = {}, {}, 0

local function known_parts(credential)
  local found = newest[credential]
  if found then
    return found
  end
  found = older[credential] or take_apart(credential)
  if found then
    if count >= MOST then
      newest, older, count = {}, newest, 0
    end
    newest[credential], count = found, count + 1
  end
  return found
end

-- The token in pieces, nil when it has not the shape of a signed one.
local function token_parts(q, credential)
  local found = q.tokens[credential]
  if found == nil then
    found = known_parts(credential) or false
    q.tokens[credential] = found
  end
  return found or nil
end

local function claimant(q, credential, names)
  local methods = q.data.methods
  if #names == 1 and methods[names[1]].kind ~= "jwt" then
    return names[1]
  end
  local parts = #credential <= 8192 and token_parts(q, credential) or nil
  for number = 1, #names do
    local method = methods[names[number]]
    if method.kind == "jwt" then
      if parts and parts.payload.iss == method.issuer then
        return names[number]
      end
    elseif method.kind == "key" and not parts and method.records[match(credential, "^[^.]*")] then
      return names[number]
    end
  end
  return ""
end

-- { place, credential, method or empty } of every filled place of the branch.
local function presented(q)
  local found = q.memo.presented
  if not found then
    found = {}
    local places = q.branch.places
    for number = 1, #places do
      local use_of = places[number]
      local first = credentials_in(q, use_of.id)[1]
      if first then
        found[#found + 1] = { use_of, first, claimant(q, first, use_of.methods) }
      end
    end
    q.memo.presented = found
  end
  return found
end

function M.credentials(q)
  local names = {}
  local found = presented(q)
  for number = 1, #found do
    names[number] = found[number][3]
  end
  return names
end

function M.from_cookie(q)
  local found = presented(q)
  for number = 1, #found do
    if q.data.places[found[number][1].id].kind == "cookie" then
      return true
    end
  end
  return false
end

-- What the first credential nobody claims is taken for.
function M.unclaimed(q)
  local found = presented(q)
  for number = 1, #found do
    if found[number][3] == "" then
      local names = found[number][1].methods
      local some, all = false, true
      for at = 1, #names do
        local is_key = q.data.methods[names[at]].kind == "key"
        some, all = some or is_key, all and is_key
      end
      if all or (some and not token_parts(q, found[number][2])) then
        return "key"
      end
      return "token"
    end
  end
  return nil
end

local function credential_of(q, name)
  local found = presented(q)
  for number = 1, #found do
    if found[number][3] == name then
      return found[number][2]
    end
  end
  return ""
end

function M.credential_size(q, name)
  return #credential_of(q, name)
end

local function token_of(q, name)
  local found = q.parts[name]
  if found == nil then
    found = token_parts(q, credential_of(q, name)) or false
    q.parts[name] = found
  end
  return found or nil
end

function M.token(q, name)
  return token_of(q, name) ~= nil
end

function M.header_names(q, name)
  local parts = token_of(q, name)
  return parts and parts.names or {}
end

function M.header_text(q, name, member)
  local parts = token_of(q, name)
  local found = parts and parts.header[member]
  return type(found) == "string" and found or nil
end

-- The member a path of names leads to; nil when there is none, `json.null` for null.
local function member_of(root, path)
  local node = root
  for number = 1, #path do
    if number > 1 then
      node = type(node) == "table" and node.o or nil
    end
    if node == nil then
      return nil
    end
    node = node[path[number]]
  end
  return node
end

local function claim_of(q, name, path)
  local parts = token_of(q, name)
  return parts and member_of(parts.payload, path)
end

function M.claim(q, name, path)
  return claim_of(q, name, path) ~= nil
end

function M.claim_text(q, name, path)
  local found = claim_of(q, name, path)
  return type(found) == "string" and found or nil
end

local function texts_of(value)
  if type(value) ~= "table" or not value.a then
    return nil
  end
  for number = 1, value.n do
    if type(value.a[number]) ~= "string" then
      return nil
    end
  end
  return value.a
end

function M.claim_texts(q, name, path)
  local found = claim_of(q, name, path)
  if type(found) == "string" then
    return { found }
  end
  return texts_of(found)
end

function M.claim_number(q, name, path)
  local found = claim_of(q, name, path)
  if type(found) == "number" and found >= -LIMIT and found <= LIMIT then
    return found
  end
  return nil
end

-- The one key of the token's key id that its algorithm fits; nil for none or several.
local function key_of(q, name)
  local parts = token_of(q, name)
  if not parts then
    return nil
  end
  local kid, alg = parts.header.kid, parts.header.alg
  local known = q.host_of.keys and q.host_of.keys(name) or q.data.methods[name].keys
  local keys = type(kid) == "string" and known[kid]
  local found
  for number = 1, keys and #keys or 0 do
    if keys[number].algorithms[alg] then
      if found then
        return nil
      end
      found = keys[number]
    end
  end
  return found
end

function M.signature(q, name)
  local key = key_of(q, name)
  return key ~= nil and q.host_of.signed(token_of(q, name), key)
end

-- Tokens of the branch whose signature is worth checking, for a host that checks ahead of the steps that ask.
function M.tokens_to_check(q)
  local tokens = {}
  local found = presented(q)
  for number = 1, #found do
    local name = found[number][3]
    if name ~= "" and q.data.methods[name].kind == "jwt" then
      local key = key_of(q, name)
      if key then
        tokens[#tokens + 1] = { token_of(q, name), key }
      end
    end
  end
  return tokens
end

-- --------------------------------------------------------------------------------------------------------- keys
local function same_text(left, right)
  -- every character is compared: the time says nothing of where the first difference is
  local different = #left == #right and 0 or 1
  for number = 1, #left do
    if string.byte(left, number) ~= string.byte(right, number) then
      different = different + 1
    end
  end
  return different == 0
end

local function record_of(q, name)
  local records = head.remembered(q, "records")
  if records[name] == nil then
    local credential = credential_of(q, name)
    local ident = match(credential, "^([^.]*)%.")
    local record = ident and q.data.methods[name].records[ident]
    local good = record and text.is_ascii(credential) and same_text(q.host_of.sha256(credential), record.sha256)
    records[name] = good and record or false
  end
  return records[name] or nil
end

function M.key_record(q, name)
  local record = record_of(q, name)
  return record and record.id
end

function M.key_not_before(q, name)
  local record = record_of(q, name)
  return record and record.not_before
end

function M.key_expires(q, name)
  local record = record_of(q, name)
  return record and record.expires
end

function M.key_address(q, name)
  local record = record_of(q, name)
  if not record then
    return false
  end
  local client = head.client(q)
  return #record.addresses == 0 or (client ~= nil and addresses.within(client, record.addresses))
end

-- --------------------------------------------------------------------------------------------------- principals
local function words(value)
  local found = value
  if type(value) == "string" then
    found = split(value, " ")
  else
    found = texts_of(value)
  end
  local set = {}
  for number = 1, found and #found or 0 do
    if found[number] ~= "" then
      set[found[number]] = true
    end
  end
  return set
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Asserted roles the method may assert, and every role they give.
local function closed(q, method, asserted)
  local given = {}
  for name in pairs(asserted) do
    if method.asserts[name] then
      local gives = q.data.roles[name] or {}
      for number = 1, #gives do
        given[gives[number]] = true
      end
    end
  end
  return sorted(given)
end

local function of_token(q, name, method)
  local parts = token_of(q, name)
  local payload = parts and parts.payload or {}
  local subject = member_of(payload, method.subject)
  local party = payload.azp
  if party == nil then
    party = payload.client_id
  end
  local attributes = {}
  for attribute, path in pairs(method.attributes) do
    local value = member_of(payload, path)
    if value ~= json.null then
      attributes[attribute] = value
    end
  end
  return {
    id = method.prefix .. tostring(subject), method = name, subject = subject,
    roles = closed(q, method, #method.roles > 0 and words(member_of(payload, method.roles)) or {}),
    scopes = #method.scopes > 0 and sorted(words(member_of(payload, method.scopes))) or {},
    client = type(party) == "string" and method.clients[party] or nil, attributes = attributes,
  }
end

local function of_key(q, name, method)
  local record = record_of(q, name)
  if not record then
    return nil
  end
  return {
    id = method.prefix .. record.id, method = name, subject = record.subject,
    roles = closed(q, method, record.roles), scopes = record.scopes, attributes = record.attributes,
  }
end

-- The URI of the connection's certificate that fits the method, and its captures.
local function named_by_certificate(q, name)
  local known = head.remembered(q, "certificates")
  if known[name] == nil then
    local sent = q.host_of.certificate(q)
    known[name] = sent and use("certificates").identity(sent, q.data.methods[name].pattern) or false
  end
  return known[name] or nil
end

function M.san(q, name)
  local found = named_by_certificate(q, name)
  return found and found.uri
end

local function of_certificate(q, name, method)
  local found = named_by_certificate(q, name)
  if not found then
    return nil
  end
  local attributes = {}
  for number = 1, #method.captures do
    if method.captures[number] ~= "" then
      attributes[method.captures[number]] = found.captures[number + 1]
    end
  end
  return {
    id = method.prefix .. found.uri, method = name, subject = found.uri, roles = closed(q, method, method.roles), scopes = {},
    attributes = attributes, written = true,
  }
end

local function who_of(q, name)
  local method = q.data.methods[name]
  if method.kind == "jwt" then
    local parts = token_of(q, name)
    if not parts then
      return of_token(q, name, method)
    end
    local found = parts.principals[name]
    if not found then
      found = of_token(q, name, method)
      parts.principals[name] = found
    end
    return found
  elseif method.kind == "key" then
    return of_key(q, name, method)
  elseif method.kind == "certificate" then
    return of_certificate(q, name, method)
  end
  return nil
end

-- Every credential of that alternative is good: its first method gives the principal.
function M.choose(q, number)
  local alternative = q.branch.alternatives[number]
  q.chosen = number
  q.who = who_of(q, alternative[1])
  for at = 1, #alternative do
    if q.data.methods[alternative[at]].kind == "key" then
      q.used_key = true
    end
  end
end

function M.chosen(q)
  return q.chosen and tostring(q.chosen - 1)
end

function M.principal_id(q, name)
  local found = who_of(q, name)
  return found and found.id or ""
end

M.member_of, M.texts_of = member_of, texts_of

return M
