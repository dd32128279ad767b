-- What goes back to the client: one error shape, and what every answer carries.
local byte, find, format = string.byte, string.find, string.format

local M = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

-- A JSON string of any bytes; those that are not printable ASCII one by one, as Latin-1.
function M.quoted(value)
  return '"' .. string.gsub(value, '[^ !#-%[%]-~]', function(mark)
    return ESCAPES[mark] or string.format("\\u%04x", byte(mark))
  end) .. '"'
end

local TITLES = {
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [408] = "Request Timeout", [409] = "Conflict", [410] = "Gone", [413] = "Content Too Large", [414] = "URI Too Long",
  [415] = "Unsupported Media Type", [422] = "Unprocessable Content", [426] = "Upgrade Required",
  [429] = "Too Many Requests", [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout",
  [308] = "Permanent Redirect",
}

-- A correlation id of the client's choosing is kept when it is short and plain.
function M.correlation(given, fresh)
  if given and find(given, "^[A-Za-z0-9._-]+$") and #given <= 128 then
    return given
  end
  return fresh
end

-- `reason` may be nil: an upstream's own error, shown as its status alone.
function M.body(status, reason, ident, detail)
  local told = ""
  if reason then
    told = format(', "reason": %s', M.quoted(reason))
  end
  if detail then
    told = format('%s, "detail": %s', told, M.quoted(detail))
  end
  return format(
    '{"type": "about:blank", "title": %s, "status": %d%s, "id": %s}',
    M.quoted(TITLES[status] or "Refused"), status, told, M.quoted(ident)
  )
end

return M
