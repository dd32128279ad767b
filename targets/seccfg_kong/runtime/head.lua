-- A request in pieces, read once and only as far as somebody asks. `q` is the request; what is absent is nil.
local addresses = use("addresses")
local text = use("text")
local find, gsub, lower, match, sub = string.find, string.gsub, string.lower, string.match, string.sub
local split, trim = text.split, text.trim

local M = {}

local NONE = {}

-- Headers by lower-case name, each a list of its lines. A copy: the table nginx gives finds names it does not hold.
local function lines_of(headers)
  local lines = {}
  for name, value in pairs(headers) do
    if type(value) == "string" then
      lines[name] = { trim(value) }
    elseif type(value) == "table" then
      local own = {}
      for number = 1, #value do
        own[number] = trim(tostring(value[number]))
      end
      lines[name] = own
    else
      lines[name] = { tostring(value) }
    end
  end
  return lines
end

-- Takes the request target apart: an absolute form has an authority, other forms that do not start with `/` have no path.
local function split_target(q)
  local target = q.target
  if sub(target, 1, 1) ~= "/" then
    local scheme, authority, rest = match(target, "^(%a+)://([^/?]*)(/.*)$")
    if not scheme or (lower(scheme) ~= "http" and lower(scheme) ~= "https") then
      return
    end
    q.authority, target = lower(authority), rest
  end
  local mark = find(target, "?", 1, true)
  if mark then
    q.path, q.query = sub(target, 1, mark - 1), sub(target, mark + 1)
  else
    q.path = target
  end
end

-- `trusted` are the blocks of the proxies whose X-Forwarded-* counts.
function M.read(host, trusted)
  local q = {
    method = host.method(), target = host.target(), now = host.now(), lines = lines_of(host.headers()),
    host_of = host, trusted = trusted, memo = {},
  }
  split_target(q)
  return q
end

function M.lines(q, name)
  return q.lines[name] or NONE
end

-- The header's only line.
function M.line(q, name)
  local lines = q.lines[name]
  if lines and #lines == 1 then
    return lines[1]
  end
  return nil
end

function M.count(q, name)
  local lines = q.lines[name]
  return lines and #lines or 0
end

function M.requested_headers(q)
  local names = {}
  local lines = M.lines(q, "access-control-request-headers")
  for number = 1, #lines do
    local parts, count = split(lower(lines[number]), ",")
    for at = 1, count do
      local name = trim(parts[at])
      if name ~= "" then
        names[#names + 1] = name
      end
    end
  end
  return names
end

-- A table of its own for the length of a request.
function M.remembered(q, name)
  local found = q.memo[name]
  if not found then
    found = {}
    q.memo[name] = found
  end
  return found
end

function M.host(q)
  local memo = q.memo
  if memo.host == nil then
    local line = M.line(q, "host")
    memo.host = line ~= nil and lower((gsub(line, ":%d*$", ""))) or false
  end
  return memo.host or nil
end

function M.media_type(q)
  local line = M.line(q, "content-type")
  if line == nil then
    return ""
  end
  return lower(trim(match(line, "^[^;]*")))
end

-- ---------------------------------------------------------------------------------------------------- addresses
function M.peer(q)
  local memo = q.memo
  if memo.peer == nil then
    local written = q.host_of.peer()
    memo.peer = written and addresses.read(written) or false
  end
  return memo.peer or nil
end

function M.peer_trusted(q)
  local memo = q.memo
  if memo.peer_trusted == nil then
    local peer = M.peer(q)
    memo.peer_trusted = peer ~= nil and addresses.within(peer, q.trusted)
  end
  return memo.peer_trusted
end

-- X-Forwarded-For walked from the right while the address is trusted; nil when an element that is reached is none.
local function walked(q)
  local current = M.peer(q)
  local lines = q.lines["x-forwarded-for"]
  if not lines or not M.peer_trusted(q) then
    return current
  end
  local elements, count = split(table.concat(lines, ","), ",")
  while count > 0 and current and addresses.within(current, q.trusted) do
    current = addresses.read(trim(elements[count]))
    count = count - 1
  end
  return current
end

function M.client(q)
  local memo = q.memo
  if memo.client == nil then
    memo.client = walked(q) or false
  end
  return memo.client or nil
end

function M.tls(q)
  local memo = q.memo
  if memo.tls == nil then
    local said = M.peer_trusted(q) and q.lines["x-forwarded-proto"]
    if said then
      memo.tls = #said == 1 and lower(said[1]) == "https"
    else
      memo.tls = q.host_of.scheme() == "https"
    end
  end
  return memo.tls
end

-- --------------------------------------------------------------------------------------------------------- body
-- The whole body; nil when nginx holds it in a file, where nobody reads it.
function M.body(q)
  local memo = q.memo
  if memo.body == nil then
    memo.body = q.host_of.body() or false
  end
  return memo.body or nil
end

function M.chunked(q)
  local memo = q.memo
  if memo.chunked == nil then
    memo.chunked = q.lines["transfer-encoding"] ~= nil
    -- from HTTP/2 on a body may come without either header
    if not memo.chunked and not q.lines["content-length"] and q.host_of.http_version() >= 2 then
      memo.chunked = M.body(q) ~= ""
    end
  end
  return memo.chunked
end

function M.declared_length(q)
  local said = q.lines["content-length"]
  if said then
    return find(said[1], "^%d+$") and tonumber(said[1]) or nil
  end
  if M.chunked(q) then
    return nil
  end
  return 0
end

function M.body_length(q)
  local body = M.body(q)
  return body and #body or math.huge
end

-- --------------------------------------------------------------------------------------------------- parameters
-- Decoded segments, none for `/`; nil where the path cannot be routed.
function M.segments(q)
  local memo = q.memo
  if memo.segments == nil then
    memo.segments = false
    if q.path == "/" then
      memo.segments = {}
    elseif q.path then
      local parts, count = split(sub(q.path, 2), "/")
      memo.segments = parts
      for number = 1, count do
        parts[number] = text.unescape(parts[number])
        if not parts[number] then
          memo.segments = false
          break
        end
      end
    end
  end
  return memo.segments or nil
end

-- { name, value } of every piece of the query; false for what is no UTF-8.
function M.query_pairs(q)
  local memo = q.memo
  if memo.query_pairs == nil then
    local pairs_found = {}
    if q.query and q.query ~= "" then
      local pieces, count = split(q.query, "&")
      for number = 1, count do
        local piece = pieces[number]
        if piece ~= "" then
          local mark = find(piece, "=", 1, true)
          local name = mark and sub(piece, 1, mark - 1) or piece
          local value = mark and sub(piece, mark + 1) or ""
          pairs_found[#pairs_found + 1] = { text.unescape(name) or false, text.unescape(value) or false, piece }
        end
      end
    end
    memo.query_pairs = pairs_found
  end
  return memo.query_pairs
end

return M
