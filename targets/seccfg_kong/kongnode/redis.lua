-- A Redis server as far as plugins ask it, and the client library they ask it with (lua-resty-redis). What the server replies is
-- what the real one makes of a script's values: numbers lose what is behind the point, a list ends at its first nil, false is
-- null, and a null inside a reply is `ngx.null`.
local python, now, sha1 = ...
local M = { entries = {}, scripts = {}, down = false, password = nil }

local function entry(key)
  local found = M.entries[key]
  if found and found.till and found.till <= now() then
    M.entries[key] = nil
    return nil
  end
  return found
end

local WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
local commands = {}

function commands.GET(key)
  local found = entry(key)
  if found and found.hash then
    error(WRONG_TYPE, 0)
  end
  return found and found.value or false
end

function commands.SET(key, value, option, seconds)
  local till
  if option == "EX" then
    seconds = tonumber(seconds)
    if not seconds or seconds <= 0 or seconds % 1 ~= 0 then
      error("ERR invalid expire time in 'set' command", 0)
    end
    till = now() + seconds
  elseif option ~= nil then
    error("ERR syntax error", 0)
  end
  M.entries[key] = { value = tostring(value), till = till }
  return { ok = "OK" }
end

function commands.EXISTS(key)
  return entry(key) and 1 or 0
end

function commands.HGET(key, field)
  local found = entry(key)
  if found and not found.hash then
    error(WRONG_TYPE, 0)
  end
  return found and found.hash[field] or false
end

function commands.HSET(key, field, value)
  local found = entry(key) or { hash = {} }
  M.entries[key] = found
  found.hash[field] = tostring(value)
  return 1
end

M.commands = commands

local function reply(value)
  local kind = type(value)
  if kind == "number" then
    return value >= 0 and math.floor(value) or math.ceil(value)
  elseif kind == "table" then
    if value.ok then
      return value.ok
    end
    local list = {}
    for number = 1, #value do
      if value[number] == nil then
        break
      end
      list[number] = reply(value[number])
    end
    return list
  elseif kind == "string" then
    return value
  end
  return value == true and 1 or python.null
end

local NAMES = { "math", "string", "table", "tonumber", "tostring", "type", "pairs", "ipairs", "next", "select", "unpack", "error", "pcall" }

local function evaluate(script, keys, arguments)
  local environment = { KEYS = keys, ARGV = arguments, redis = { call = function(name, ...)
    local command = commands[string.upper(name)]
    if not command then
      error("ERR unknown command '" .. name .. "'", 0)
    end
    return command(...)
  end } }
  for _, name in ipairs(NAMES) do
    environment[name] = _G[name]
  end
  local body, problem = load(script, "=user_script", "t", environment)
  if not body then
    return false, "ERR Error compiling script: " .. problem
  end
  M.scripts[sha1(script)] = script
  local fine, found = pcall(body)
  if not fine then
    return false, "ERR " .. tostring(found)
  end
  return reply(found)
end

local function split(count, ...)
  local keys, arguments = {}, {}
  for number = 1, select("#", ...) do
    local value = tostring((select(number, ...)))
    if number <= count then
      keys[number] = value
    else
      arguments[number - count] = value
    end
  end
  return keys, arguments
end

local Client = {}
Client.__index = Client

function Client.new()
  return setmetatable({ known = false }, Client)
end

function Client:set_timeouts()
  self.timed = true
end

function Client:connect(host, port, options)
  if type(host) ~= "string" or type(port) ~= "number" or type(options) ~= "table" then
    error("bad argument to connect", 2)
  end
  if M.down then
    return nil, "connection refused"
  end
  self.open = true
  return 1
end

function Client:get_reused_times()
  return self.open and 0 or nil, "not initialized"
end

function Client:auth(first, second)
  if (second or first) == M.password then
    self.known = true
    return "OK"
  end
  return nil, M.password and "WRONGPASS invalid username-password pair or user is disabled." or "ERR AUTH <password> called without any password configured"
end

function Client:select()
  return "OK"
end

local function ready(client)
  if not client.open then
    return false, "not initialized"
  elseif M.down then
    return nil, "timeout"
  elseif M.password and not client.known then
    return false, "NOAUTH Authentication required."
  end
  return true
end

function Client:eval(script, count, ...)
  local fine, problem = ready(self)
  if not fine then
    return fine, problem
  end
  return evaluate(script, split(count, ...))
end

function Client:evalsha(digest, count, ...)
  local fine, problem = ready(self)
  if not fine then
    return fine, problem
  end
  if not M.scripts[digest] then
    return false, "NOSCRIPT No matching script. Please use EVAL."
  end
  return evaluate(M.scripts[digest], split(count, ...))
end

function Client:set_keepalive()
  self.open = false
  return 1
end

function Client:close()
  self.open = false
  return 1
end

M.client = { new = Client.new }

function M.forget(down)
  M.entries, M.down = {}, down
end

return M
