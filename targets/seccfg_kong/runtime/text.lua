-- Texts as bytes: percent and base64url encoding, UTF-8, splitting. Lua 5.1, and only what Kong's sandbox names.
local byte, char, find, gsub, lower, sub = string.byte, string.char, string.find, string.gsub, string.lower, string.sub
local decode_base64 = ngx.decode_base64

local M = {}

-- Well-formed sequences of two to four bytes (Unicode, table 3-7), by their first byte: pattern of the whole sequence.
local SEQUENCES = {
  { "^[\194-\223][\128-\191]", 2 },
  { "^\224[\160-\191][\128-\191]", 3 },
  { "^[\225-\236\238\239][\128-\191][\128-\191]", 3 },
  { "^\237[\128-\159][\128-\191]", 3 },
  { "^\240[\144-\191][\128-\191][\128-\191]", 4 },
  { "^[\241-\243][\128-\191][\128-\191][\128-\191]", 4 },
  { "^\244[\128-\143][\128-\191][\128-\191]", 4 },
}

function M.is_utf8(text)
  local at = find(text, "[\128-\255]")
  while at do
    local length
    for number = 1, #SEQUENCES do
      if find(text, SEQUENCES[number][1], at) then
        length = SEQUENCES[number][2]
        break
      end
    end
    if not length then
      return false
    end
    at = find(text, "[\128-\255]", at + length)
  end
  return true
end

function M.is_ascii(text)
  return not find(text, "[\128-\255]")
end

-- Characters of well-formed UTF-8.
function M.characters(text)
  if not find(text, "[\128-\255]") then
    return #text
  end
  local _, count = gsub(text, "[^\128-\191]", "")
  return count
end

local function unhex(digits)
  return char(tonumber(digits, 16))
end

-- Percent-decoded once; nil when that is no UTF-8. A `%` without two digits stands for itself.
function M.unescape(text)
  if find(text, "%", 1, true) then
    text = gsub(text, "%%(%x%x)", unhex)
  end
  if M.is_utf8(text) then
    return text
  end
  return nil
end

-- Bytes of base64url without padding; nil for what is none.
function M.from_base64url(text)
  if #text % 4 == 1 or find(text, "[^A-Za-z0-9_-]") then
    return nil
  end
  text = gsub(gsub(text, "-", "+"), "_", "/")
  return decode_base64(text .. sub("===", 1, -#text % 4))
end

function M.split(text, mark)
  local parts, count, start = {}, 0, 1
  while true do
    local at = find(text, mark, start, true)
    count = count + 1
    if not at then
      parts[count] = sub(text, start)
      return parts, count
    end
    parts[count] = sub(text, start, at - 1)
    start = at + #mark
  end
end

-- Without spaces and tabs around it.
function M.trim(text)
  local head, tail = byte(text, 1), byte(text, -1)
  if head ~= 32 and head ~= 9 and tail ~= 32 and tail ~= 9 then
    return text
  end
  local first = find(text, "[^ \t]")
  if not first then
    return ""
  end
  local last = #text
  while true do
    local code = byte(text, last)
    if code ~= 32 and code ~= 9 then
      return sub(text, first, last)
    end
    last = last - 1
  end
end

M.lower = lower

-- A piece of a header's value.
function M.shown(value)
  if type(value) == "number" then
    return string.format("%.0f", value)
  end
  return value
end

-- A percent-encoded path that says nothing twice: the fixed form of a request target's path (step 1). Visible ASCII but
-- `#`, `;`, `?` and the backslash; no empty segment but one at the end; encoded are UTF-8 and marks that need it.
function M.is_well_formed_path(path)
  if byte(path, 1) ~= 47 or find(path, "[^!-~]") or find(path, "[#;?\\]") or find(path, "//", 1, true) then
    return false
  end
  if not find(path, "%", 1, true) then
    return true
  end
  -- Encoded ASCII becomes a mark that is no part of an encoding; NUL where it must not be encoded.
  local rest = gsub(path, "%%([0-7]%x)", function(digits)
    return find(char(tonumber(digits, 16)), "[%c/\\A-Za-z0-9._~-]") and "\0" or "x"
  end)
  rest = gsub(rest, "%%(%x%x)", unhex)
  return not find(rest, "[%z%%]") and M.is_utf8(rest)
end

return M
