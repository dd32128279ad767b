-- A JSON reader: strict (RFC 8259), of any bytes, without metatables. null is `M.null`, an array { a = items, n = count }, an
-- object { o = members by name }. A lone surrogate becomes three bytes that no UTF-8 text holds.
local text = use("text")
local byte, char, find, floor, sub = string.byte, string.char, string.find, math.floor, string.sub

local M = {}

M.null = {}

local SHORT = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function utf8(code)
  if code < 0x80 then
    return char(code)
  end
  if code < 0x800 then
    return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  end
  if code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(
    0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40, 0x80 + floor(code / 0x40) % 0x40,
    0x80 + code % 0x40
  )
end

local read_value

-- The text from the quote at `at`; its end. nil: none.
local function read_string(s, at)
  local start = at + 1
  local stop = find(s, '["\\%c]', start)
  if not stop then
    return nil
  end
  if byte(s, stop) == 34 then
    return sub(s, start, stop - 1), stop + 1
  end
  local pieces, count = {}, 0
  while true do
    -- DEL is a control character to Lua, and none to JSON
    while stop and byte(s, stop) == 127 do
      stop = find(s, '["\\%c]', stop + 1)
    end
    if not stop then
      return nil
    end
    count = count + 1
    pieces[count] = sub(s, start, stop - 1)
    local mark = byte(s, stop)
    if mark == 34 then
      return table.concat(pieces), stop + 1
    end
    if mark ~= 92 then
      return nil
    end
    local escape = sub(s, stop + 1, stop + 1)
    if escape == "u" then
      local _, last, digits = find(s, "^(%x%x%x%x)", stop + 2)
      if not digits then
        return nil
      end
      local code = tonumber(digits, 16)
      if code >= 0xD800 and code < 0xDC00 then
        local _, low_last, low = find(s, "^\\u([Dd][C-Fc-f]%x%x)", last + 1)
        if low then
          code = 0x10000 + (code - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00
          last = low_last
        end
      end
      count = count + 1
      pieces[count] = utf8(code)
      start = last + 1
    else
      local plain = SHORT[escape]
      if not plain then
        return nil
      end
      count = count + 1
      pieces[count] = plain
      start = stop + 2
    end
    stop = find(s, '["\\%c]', start)
  end
end

local function read_number(s, at)
  local _, last = find(s, "^-?[1-9]%d*", at)
  if not last then
    _, last = find(s, "^-?0", at)
    if not last then
      return nil
    end
  end
  local _, fraction = find(s, "^%.%d+", last + 1)
  last = fraction or last
  local _, power = find(s, "^[eE][+-]?%d+", last + 1)
  last = power or last
  return tonumber(sub(s, at, last)), last + 1
end

local function skip(s, at)
  local code = byte(s, at)
  if code == 32 or code == 10 or code == 13 or code == 9 then
    return find(s, "[^ \n\r\t]", at) or #s + 1
  end
  return at
end

local function read_array(s, at, limits, depth)
  local items, count = {}, 0
  at = skip(s, at + 1)
  if byte(s, at) == 93 then
    return { a = items, n = 0 }, at + 1
  end
  while true do
    local value
    value, at = read_value(s, at, limits, depth)
    if value == nil then
      return nil
    end
    count = count + 1
    items[count] = value
    at = skip(s, at)
    local mark = byte(s, at)
    if mark == 93 then
      return { a = items, n = count }, at + 1
    end
    if mark ~= 44 then
      return nil
    end
    at = skip(s, at + 1)
  end
end

local function read_object(s, at, limits, depth)
  local members = {}
  at = skip(s, at + 1)
  if byte(s, at) == 125 then
    return { o = members }, at + 1
  end
  while true do
    if byte(s, at) ~= 34 then
      return nil
    end
    local name, value
    name, at = read_string(s, at)
    if name == nil or (limits.unique and members[name] ~= nil) then
      return nil
    end
    if limits.whole and find(name, "\237[\160-\191]") then
      return nil
    end
    at = skip(s, at)
    if byte(s, at) ~= 58 then
      return nil
    end
    value, at = read_value(s, skip(s, at + 1), limits, depth)
    if value == nil then
      return nil
    end
    members[name] = value
    at = skip(s, at)
    local mark = byte(s, at)
    if mark == 125 then
      return { o = members }, at + 1
    end
    if mark ~= 44 then
      return nil
    end
    at = skip(s, at + 1)
  end
end

-- The value at `at` and its end; nil when there is none.
read_value = function(s, at, limits, depth)
  local mark = byte(s, at)
  if mark == 34 then
    local value, last = read_string(s, at)
    if value ~= nil and limits.whole and find(value, "\237[\160-\191]") then
      return nil
    end
    return value, last
  end
  if mark == 123 or mark == 91 then
    if depth >= limits.depth then
      return nil
    end
    if mark == 123 then
      return read_object(s, at, limits, depth + 1)
    end
    return read_array(s, at, limits, depth + 1)
  end
  if mark == 116 and sub(s, at, at + 3) == "true" then
    return true, at + 4
  end
  if mark == 102 and sub(s, at, at + 4) == "false" then
    return false, at + 5
  end
  if mark == 110 and sub(s, at, at + 3) == "null" then
    return M.null, at + 4
  end
  local number, last = read_number(s, at)
  if number ~= nil and limits.finite and (number == math.huge or number == -math.huge) then
    return nil
  end
  return number, last
end

local function read(s, limits)
  if not text.is_utf8(s) then
    return nil
  end
  local value, at = read_value(s, skip(s, 1), limits, 0)
  if value == nil or skip(s, at) <= #s then
    return nil
  end
  return value
end

local TOKEN = { depth = 900 }

-- A part of a token: of members of one name the last counts. nil for anything but an object.
function M.object(s)
  local value = read(s, TOKEN)
  if type(value) == "table" and value.o then
    return value
  end
  return nil
end

-- A body: no member twice, finite numbers, whole characters, not deeper than `depth`. nil for anything else.
function M.body(s, depth)
  return read(s, { depth = depth, unique = true, finite = true, whole = true })
end

return M
