-- Client certificates of TLS: which names one carries. Kong's mtls-auth plugin says whether its chain holds (RFC 5280, X.690).
local byte, find, sub = string.byte, string.find, string.sub

local M = {}

local ALTERNATIVE_NAMES, PURPOSES = "\85\29\17", "\85\29\37"
local FOR_CLIENTS = "\43\6\1\5\5\7\3\2"
local SEQUENCE, IDENTIFIER, OCTETS, EXTENSIONS, URI = 48, 6, 4, 163, 134

-- Tag, first and last byte of the content, and where the next element begins; nil for what is not DER within `last`.
local function element(der, at, last)
  local tag, size = byte(der, at, at + 1)
  if not size or at + 1 > last then
    return nil
  end
  local first = at + 2
  if size >= 128 then
    local count = size - 128
    if count < 1 or count > 3 then
      return nil
    end
    size = 0
    for number = first, first + count - 1 do
      local digit = number <= last and byte(der, number)
      if not digit then
        return nil
      end
      size = size * 256 + digit
    end
    first = first + count
  end
  if first + size - 1 > last then
    return nil
  end
  return tag, first, first + size - 1
end

-- { tag, first, last } of every element between two bytes; nil when they are not elements to the end.
local function elements(der, first, last)
  local found = {}
  while first <= last do
    local tag, from, to = element(der, first, last)
    if not tag then
      return nil
    end
    found[#found + 1] = { tag, from, to }
    first = to + 1
  end
  return found
end

-- The elements inside one that has to be of that tag.
local function inside(der, part, tag)
  if not part or part[1] ~= tag then
    return nil
  end
  return elements(der, part[2], part[3])
end

local function extensions_of(der)
  local whole = elements(der, 1, #der)
  local signed = whole and #whole == 1 and inside(der, whole[1], SEQUENCE)
  local body = signed and inside(der, signed[1], SEQUENCE)
  local last = body and body[#body]
  local wrapped = last and inside(der, last, EXTENSIONS)
  return wrapped and inside(der, wrapped[1], SEQUENCE)
end

-- Object identifier -> content of the extension; nil when one cannot be read or stands there twice.
local function by_identifier(der)
  local found = {}
  local listed = extensions_of(der)
  for number = 1, listed and #listed or 0 do
    local parts = inside(der, listed[number], SEQUENCE)
    local value = parts and parts[#parts]
    if not value or parts[1][1] ~= IDENTIFIER or value[1] ~= OCTETS then
      return nil
    end
    local ident = sub(der, parts[1][2], parts[1][3])
    if found[ident] then
      return nil
    end
    found[ident] = sub(der, value[2], value[3])
  end
  return listed and found
end

-- The elements of an extension that is one sequence.
local function sequence_in(content)
  local outer = content and elements(content, 1, #content)
  return outer and #outer == 1 and inside(content, outer[1], SEQUENCE)
end

-- Every URI of the alternative names, in order; none when the certificate is for something else than TLS clients.
local function uris_in(der)
  local known = by_identifier(der)
  if not known then
    return {}
  end
  if known[PURPOSES] then
    local purposes = sequence_in(known[PURPOSES])
    local fits = false
    for number = 1, purposes and #purposes or 0 do
      local part = purposes[number]
      fits = fits or (part[1] == IDENTIFIER and sub(known[PURPOSES], part[2], part[3]) == FOR_CLIENTS)
    end
    if not fits then
      return {}
    end
  end
  local uris = {}
  local names = sequence_in(known[ALTERNATIVE_NAMES])
  for number = 1, names and #names or 0 do
    if names[number][1] == URI then
      uris[#uris + 1] = sub(known[ALTERNATIVE_NAMES], names[number][2], names[number][3])
    end
  end
  return uris
end

-- The first certificate of a PEM text as DER.
local function der_of(pem)
  local from, to = find(pem, "-----BEGIN CERTIFICATE-----", 1, true)
  local stop = to and find(pem, "-----END CERTIFICATE-----", to + 1, true)
  if not from or not stop then
    return nil
  end
  return ngx.decode_base64((string.gsub(sub(pem, to + 1, stop - 1), "%s", "")))
end

-- The only URI that fits and what its wildcards stand for; nil for none or several. `pattern` is one of Lua with a capture around
-- the whole and one for each wildcard.
function M.identity(pem, pattern)
  local der = der_of(pem)
  local uris = der and uris_in(der) or {}
  local found
  for number = 1, #uris do
    local captures = { string.match(uris[number], pattern) }
    if captures[1] then
      if found then
        return nil
      end
      found = { uri = uris[number], captures = captures }
    end
  end
  return found
end

return M
