-- Attributes for conditions, parameters, what screens look at, what limits count by.
--
-- An attribute's raw value is nil when the request lacks it, `UNUSABLE` when it is there and says nothing, else a text, a
-- number, a boolean or what json.lua reads.
local addresses = use("addresses")
local head = use("head")
local identity = use("identity")
local json = use("json")
local text = use("text")
local times = use("times")
local find, floor, format, gsub, lower, match, sub =
  string.find, math.floor, string.format, string.gsub, string.lower, string.match, string.sub

local M = {}

local LIMIT = 9007199254740991
local UNUSABLE = { unusable = true }
local REPLACEMENT = "\239\191\189"

-- What a text says as a value of that kind.
local function read_text(written, kind)
  if kind == "string" then
    if find(written, "%z") or find(written, REPLACEMENT, 1, true) or find(written, "\237[\160-\191]") then
      return UNUSABLE
    end
    return written
  elseif kind == "boolean" then
    if written == "true" then
      return true
    elseif written == "false" then
      return false
    end
    return UNUSABLE
  elseif kind == "timestamp" then
    return times.read(written) or UNUSABLE
  elseif kind == "duration" then
    return UNUSABLE
  end
  local digits, fraction = match(written, "^%-?(%d+)(.*)$")
  if not digits or #digits > 16 or (#digits > 1 and find(digits, "^0")) then
    return UNUSABLE
  end
  if fraction ~= "" and (kind == "integer" or #fraction > 16 or not find(fraction, "^%.%d+$")) then
    return UNUSABLE
  end
  local number = tonumber(written)
  if number < -LIMIT or number > LIMIT then
    return UNUSABLE
  end
  return number
end

-- -------------------------------------------------------------------------------------------------- parameters
local function path_parameter(q, name)
  local at, segments = q.branch.parameters[name], head.segments(q)
  if not at or not segments then
    return nil
  end
  if at > 0 then
    return segments[at]
  end
  return table.concat(segments, "/", -at)
end

local function values_in_query(q, name)
  local found = {}
  local given = head.query_pairs(q)
  for number = 1, #given do
    if given[number][1] == name then
      found[#found + 1] = given[number][2]
    end
  end
  return found
end

-- The parameter's text, given once and usable.
function M.parameter(q, place, name)
  if place == "path" then
    return path_parameter(q, name)
  elseif place == "header" then
    local line = head.line(q, name)
    if line == nil or find(line, ",", 1, true) or not text.is_ascii(line) then
      return nil
    end
    return line
  end
  local given = values_in_query(q, name)
  if #given == 1 then
    return given[1] or nil
  end
  return nil
end

function M.given(q, place, name)
  if place == "path" then
    return path_parameter(q, name) and 1 or 0
  elseif place == "header" then
    return head.count(q, name)
  end
  return #values_in_query(q, name)
end

function M.query_names(q)
  local names = {}
  local given = head.query_pairs(q)
  for number = 1, #given do
    names[number] = given[number][1] or REPLACEMENT
  end
  return names
end

-- The text read as that kind fits the schema; times are judged as texts once read.
function M.fits(written, kind, schema)
  if written == nil then
    return false
  end
  local value = read_text(written, kind)
  if value == UNUSABLE then
    return false
  end
  if kind == "timestamp" or kind == "duration" then
    value = written
  end
  return schema(value)
end

-- --------------------------------------------------------------------------------------------------------- body
local function body_value(q)
  local memo = q.memo
  if memo.json == nil then
    local body = head.body(q)
    memo.json = body and json.body(body, q.branch.depth)
    if memo.json == nil then
      memo.json = UNUSABLE
    end
  end
  return memo.json
end

function M.body_json(q)
  return body_value(q) ~= UNUSABLE
end

function M.body_fits(q, schema)
  local value = body_value(q)
  return value ~= UNUSABLE and schema(value)
end

-- --------------------------------------------------------------------------------------------------- attributes
local SOURCES = {}

function SOURCES.claims(q, attr)
  local value = q.who and q.who.attributes[attr.name]
  if value ~= nil and q.who.written then
    return attr.list and UNUSABLE or read_text(value, attr.type)
  end
  return value
end

function SOURCES.header(q, attr)
  local lines = q.lines[attr.key]
  if not lines or (attr.proxy and not head.peer_trusted(q)) then
    return nil
  end
  local line = lines[1]
  if #lines > 1 or find(line, ",", 1, true) or not text.is_ascii(line) or attr.list then
    return UNUSABLE
  end
  return read_text(line, attr.type)
end

function SOURCES.path(q, attr)
  local written = path_parameter(q, attr.key)
  return written and read_text(written, attr.type)
end

function SOURCES.query(q, attr)
  local given = values_in_query(q, attr.key)
  if #given == 0 then
    return nil
  end
  if #given > 1 or not given[1] or attr.list then
    return UNUSABLE
  end
  return read_text(given[1], attr.type)
end

function SOURCES.body(q, attr)
  local body = head.body(q)
  if body == "" then
    return nil
  end
  local value = body_value(q)
  if value == UNUSABLE then
    return UNUSABLE
  end
  for number = 1, #attr.key do
    if type(value) ~= "table" or not value.o then
      return nil
    end
    value = value.o[attr.key[number]]
  end
  return value
end

function SOURCES.clock(q, attr)
  if attr.key == "hour_utc" then
    return floor(q.now % 86400 / 3600)
  elseif attr.key == "weekday_utc" then
    return (floor(q.now / 86400) + 4) % 7
  end
  return q.now
end

local BUILT_IN = { principal = {}, request = {}, resource = {} }

function BUILT_IN.principal.subject(q)
  return q.who and q.who.subject
end

function BUILT_IN.principal.roles(q)
  return q.who and { a = q.who.roles, n = #q.who.roles }
end

function BUILT_IN.principal.scopes(q)
  return q.who and { a = q.who.scopes, n = #q.who.scopes }
end

function BUILT_IN.principal.method(q)
  return q.who and q.who.method
end

function BUILT_IN.principal.client(q)
  return q.who and q.who.client
end

function BUILT_IN.request.method(q)
  return q.method
end

function BUILT_IN.request.path(q)
  return q.path
end

function BUILT_IN.request.host(q)
  return head.host(q)
end

function BUILT_IN.request.ip(q)
  local client = head.client(q)
  return client and addresses.text(client)
end

function BUILT_IN.request.time(q)
  return q.now
end

-- Raw; null counts as missing.
local function attribute(q, side, name)
  local attr = q.data.attributes[side][name]
  local value
  if attr then
    value = SOURCES[attr.source](q, attr)
  else
    local built_in = BUILT_IN[side][name]
    value = built_in and built_in(q)
  end
  if value == json.null then
    return nil
  end
  return value
end

local SCALARS = {}

function SCALARS.string(value)
  if type(value) == "string" and not find(value, "%z") and not find(value, REPLACEMENT, 1, true)
    and not find(value, "\237[\160-\191]") then
    return value
  end
  return nil
end

function SCALARS.boolean(value)
  if type(value) == "boolean" then
    return value
  end
  return nil
end

function SCALARS.number(value)
  if type(value) == "number" and value >= -LIMIT and value <= LIMIT then
    return value
  end
  return nil
end

function SCALARS.integer(value)
  if type(value) == "number" and value >= -LIMIT and value <= LIMIT and value % 1 == 0 then
    return value
  end
  return nil
end

function SCALARS.timestamp(value)
  value = SCALARS.integer(value)
  return value and times.is_timestamp(value) and value or nil
end

function SCALARS.duration(value)
  value = SCALARS.integer(value)
  return value and times.is_duration(value) and value or nil
end

-- The attribute as a value of its type; nil when it has none.
function M.scalar(q, side, name, kind)
  return SCALARS[kind](attribute(q, side, name))
end

-- The same of a list, all of whose elements are of the type.
function M.list(q, side, name, kind)
  local value = attribute(q, side, name)
  if type(value) ~= "table" or not value.a then
    return nil
  end
  local read, items = SCALARS[kind], {}
  for number = 1, value.n do
    items[number] = read(value.a[number])
    if items[number] == nil then
      return nil
    end
  end
  return items
end

-- Present and not null, of whatever type.
function M.present(q, side, name)
  return attribute(q, side, name) ~= nil
end

local function typed(q, side, name)
  local attr = q.data.attributes[side][name]
  if not attr then
    return attribute(q, side, name)
  end
  if attr.list then
    local items = M.list(q, side, name, attr.type)
    return items and { a = items, n = #items }
  end
  return M.scalar(q, side, name, attr.type)
end

-- ---------------------------------------------------------------------------------------------- pieces of conditions
function M.is_short(value)
  return #value <= 1024
end

function M.starts_with(value, start)
  return sub(value, 1, #start) == start
end

function M.ends_with(value, ending)
  return ending == "" or (#ending <= #value and sub(value, -#ending) == ending)
end

function M.contains(value, part)
  return find(value, part, 1, true) ~= nil
end

function M.is_in(value, items)
  for number = 1, #items do
    if items[number] == value then
      return true
    end
  end
  return false
end

-- ------------------------------------------------------------------------------------------------------ screens
-- Normal form: ASCII in lower case, white space and whatever else collapsed, a space at either end.
local function normal(written)
  written = gsub(written, "[%z\128-\255]+", "?")
  return (gsub(" " .. lower(written) .. " ", "[\t\n\v\f\r ]+", " "))
end

local function add_texts(value, into)
  if type(value) == "string" then
    into[#into + 1] = normal(value)
  elseif type(value) == "table" and value.a then
    for number = 1, value.n do
      add_texts(value.a[number], into)
    end
  elseif type(value) == "table" and value.o then
    for name, member in pairs(value.o) do
      into[#into + 1] = normal(name)
      add_texts(member, into)
    end
  end
end

-- Every text a client chose: path parameters, the query, those headers, the body.
function M.inputs(q, headers)
  local found = {}
  for name in pairs(q.branch.parameters) do
    local written = path_parameter(q, name)
    if written then
      found[#found + 1] = normal(written)
    end
  end
  local given = head.query_pairs(q)
  for number = 1, #given do
    for at = 1, 2 do
      if given[number][at] then
        found[#found + 1] = normal(given[number][at])
      end
    end
  end
  for number = 1, #headers do
    local lines = head.lines(q, headers[number])
    for at = 1, #lines do
      found[#found + 1] = normal(lines[at])
    end
  end
  local body = head.body(q)
  if body and body ~= "" then
    local value = body_value(q)
    if value == UNUSABLE then
      found[#found + 1] = normal(body)
    else
      add_texts(value, found)
    end
  end
  return found
end

-- ----------------------------------------------------------------------------------------- limits and identity
-- The shortest text that reads back as the number.
local function digits_of(number)
  if number % 1 == 0 then
    return format("%.0f", number)
  end
  for precision = 14, 17 do
    local written = format("%." .. precision .. "g", number)
    if tonumber(written) == number then
      return written
    end
  end
  return tostring(number)
end

local function written_of(value)
  if type(value) == "number" then
    return digits_of(value)
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  return value
end

-- What a limit counts by; nil when it cannot be told.
function M.limit_key(q, limit)
  if limit.by == "address" then
    local client = head.client(q)
    return client and addresses.counted(client)
  elseif limit.by == "principal" then
    return q.who and q.who.id
  end
  local value = typed(q, limit.side, limit.attribute)
  if value == nil or value == UNUSABLE then
    return nil
  end
  if type(value) == "table" then
    local parts = {}
    for number = 1, value.n do
      local written = written_of(value.a[number])
      parts[number] = #written .. ":" .. written
    end
    return "list " .. table.concat(parts)
  end
  return type(value) .. " " .. written_of(value)
end

-- A principal's field as the text of a header; nil when it has none.
function M.identity(q, field)
  local built_in = BUILT_IN.principal[field]
  local value
  if built_in then
    value = built_in(q)
  else
    value = typed(q, "principal", field)
  end
  if type(value) ~= "table" then
    return written_of(value)
  end
  local parts = {}
  for number = 1, value.n do
    parts[number] = written_of(value.a[number])
  end
  return table.concat(parts, " ")
end

M.path_parameter = path_parameter

return M
