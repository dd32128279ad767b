-- What a function plugin of the node sees: `ngx`, `kong` and the names of the default sandbox, as Kong 3.9.3 gives them.
-- `python` is the host: regular expressions and encodings that Lua lacks.
local python = ...
local R, EXIT = nil, {}
local byte, find, format, gsub, lower, match, sub = string.byte, string.find, string.format, string.gsub, string.lower, string.match, string.sub

local M = { shared = {} }

-- ------------------------------------------------------------------------------------------------------ headers
local function dashed(name)
  return (gsub(lower(name), "_", "-"))
end

local MISSING = {
  __index = function(headers, name)
    local other = dashed(tostring(name))
    if other ~= name then
      return rawget(headers, other)
    end
    return nil
  end,
}

local function headers_table(list, most, raw)
  local found, count, truncated = {}, 0, nil
  for number = 1, #list do
    if most ~= 0 and count >= most then
      truncated = "truncated"
      break
    end
    count = count + 1
    local name, value = list[number][1], list[number][2]
    if not raw then
      name = lower(name)
    end
    local known = found[name]
    if known == nil then
      found[name] = value
    elseif type(known) == "table" then
      known[#known + 1] = value
    else
      found[name] = { known, value }
    end
  end
  return raw and found or setmetatable(found, MISSING), truncated
end

-- nginx's `$http_name`: every header whose name is that one with `-` read as `_`, joined.
local function http_variable(name)
  local values = {}
  for number = 1, #R.headers do
    if gsub(lower(R.headers[number][1]), "-", "_") == name then
      values[#values + 1] = R.headers[number][2]
    end
  end
  return #values > 0 and table.concat(values, ", ") or nil
end

local function get_header(name)
  local wanted = dashed(name)
  local variable = http_variable((gsub(wanted, "-", "_")))
  if variable == nil then
    return nil
  end
  if not find(variable, ", ", 1, true) then
    return variable
  end
  local found = headers_table(R.headers, 100)[wanted]
  if type(found) == "table" then
    return found[1]
  end
  return found
end

local function remove_header(list, name)
  local wanted = lower(name)
  for number = #list, 1, -1 do
    if lower(list[number][1]) == wanted then
      table.remove(list, number)
    end
  end
end

local function clear_request_header(name)
  remove_header(R.headers, name)
  R.changed = true
end

-- nginx puts a new value in the place of the first old one, under the old one's name.
local function replace_header(list, name, value)
  local wanted, values = lower(name), type(value) == "table" and value or { value }
  local place, kept = nil, {}
  for number = 1, #list do
    if lower(list[number][1]) ~= wanted then
      kept[#kept + 1] = list[number]
    elseif not place then
      place = #kept + 1
      kept[place] = { list[number][1], tostring(values[1]) }
    end
  end
  for number = place and 2 or 1, #values do
    kept[#kept + 1] = { name, tostring(values[number]) }
  end
  R.headers, R.changed = kept, true
end

local function add_values(list, name, value)
  for _, one in ipairs(type(value) == "table" and value or { value }) do
    list[#list + 1] = { name, tostring(one) }
  end
end

-- ---------------------------------------------------------------------------------------------------------- args
local function unescape(text)
  return (gsub(gsub(text, "%+", " "), "%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function args_table(query, most)
  local found, count, truncated = {}, 0, nil
  for piece in string.gmatch(query or "", "[^&]+") do
    local name, value = match(piece, "^([^=]*)=(.*)$")
    name, value = unescape(name or piece), value and unescape(value) or true
    if name ~= "" then
      if most ~= 0 and count >= most then
        truncated = "truncated"
        break
      end
      count = count + 1
      local known = found[name]
      if known == nil then
        found[name] = value
      elseif type(known) == "table" then
        known[#known + 1] = value
      else
        found[name] = { known, value }
      end
    end
  end
  return found, truncated
end

-- ------------------------------------------------------------------------------------------------ shared memory
local Dict = {}
Dict.__index = Dict

local function entry_of(dict, key)
  local entry = dict.entries[key]
  if entry and entry.till and entry.till <= R.now then
    dict.entries[key] = nil
    return nil
  end
  return entry
end

local function till(seconds)
  return seconds and seconds > 0 and R.now + seconds or nil
end

function Dict:get(key)
  local entry = entry_of(self, key)
  return entry and entry.value
end

function Dict:set(key, value, seconds)
  self.entries[key] = { value = value, till = till(seconds) }
  return true
end

function Dict:add(key, value, seconds)
  if entry_of(self, key) then
    return false, "exists"
  end
  return self:set(key, value, seconds)
end

function Dict:delete(key)
  self.entries[key] = nil
end

function Dict:incr(key, by, start, seconds)
  local entry = entry_of(self, key)
  if not entry then
    if not start then
      return nil, "not found"
    end
    self:set(key, start + by, seconds)
    return start + by
  end
  if type(entry.value) ~= "number" then
    return nil, "not a number"
  end
  entry.value = entry.value + by
  return entry.value
end

local DICTS = { "kong", "kong_locks", "kong_db_cache", "kong_db_cache_miss", "kong_rate_limiting_counters", "prometheus_metrics" }

function M.forget(with_counters)
  for name in pairs(M.shared) do
    M.shared[name] = nil
  end
  for _, name in ipairs(DICTS) do
    if with_counters or name ~= "kong_rate_limiting_counters" then
      M.shared[name] = setmetatable({ entries = {} }, Dict)
    end
  end
end

-- -------------------------------------------------------------------------------------------------------- answers
local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["/"] = "\\/", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\b"] = "\\b", ["\f"] = "\\f" }

local function encode(value)
  local kind = type(value)
  if kind == "string" then
    return '"' .. gsub(value, '[%c"\\/]', function(mark)
      return ESCAPES[mark] or format("\\u%04x", byte(mark))
    end) .. '"'
  elseif kind == "number" then
    return format("%.14g", value)
  elseif kind == "table" then
    local parts = {}
    if #value > 0 then
      for number = 1, #value do
        parts[number] = encode(value[number])
      end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for name, item in pairs(value) do
      parts[#parts + 1] = encode(tostring(name)) .. ":" .. encode(item)
    end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  return tostring(value)
end

local function set_answer_header(name, value)
  remove_header(R.out, name)
  add_values(R.out, name, value)
end

local function phase_is(...)
  for number = 1, select("#", ...) do
    if R.phase == select(number, ...) then
      return
    end
  end
  error("function cannot be called in " .. R.phase .. " phase", 3)
end

local function answer(status, body, headers, source)
  R.status, R.body, R.source = status, body, source
  for name, value in pairs(headers or {}) do
    if lower(name) ~= "content-length" then
      set_answer_header(name, value)
    end
  end
  if R.phase == "header_filter" then
    return nil
  end
  R.exited = true
  return coroutine.yield(EXIT)
end

local function exit(status, body, headers)
  if type(status) ~= "number" or status < 100 or status > 599 or status % 1 ~= 0 then
    error("code must be a number between 100 and 599", 2)
  end
  if body ~= nil and type(body) ~= "string" and type(body) ~= "table" then
    error("body must be a nil, string or table", 2)
  end
  if type(body) == "table" then
    set_answer_header("Content-Type", "application/json; charset=utf-8")
    body = encode(body)
  end
  return answer(status, body, headers, "exit")
end

-- ------------------------------------------------------------------------------------------------------------ kong
local kong = {
  configuration = {}, db = {}, cache = {}, vault = {}, node = {}, table = {}, nginx = {}, ip = {}, tracing = {}, plugin = {},
  telemetry = {}, version = "3.9.3", version_num = 3009003,
  default_workspace = "0dfbc5c7-a226-4da6-8c33-a8a6ea4e5c0a", core_cache = {}, cluster = {}, timer = {},
}

kong.request = {
  get_method = function() return R.method end,
  get_scheme = function() return R.scheme end,
  get_http_version = function() return R.http_version end,
  get_path = function() return R.path end,
  get_raw_path = function() return (gsub(R.uri, "%?.*$", "")) end,
  get_raw_query = function() return R.query or "" end,
  get_path_with_query = function() return R.path .. (R.query and "?" .. R.query or "") end,
  get_host = function() return R.host end,
  get_header = function(name) return get_header(name) end,
  get_headers = function(most) return headers_table(R.headers, most or 100) end,
  get_query = function(most) return args_table(R.query, most or 100) end,
  get_query_arg = function(name)
    local value = args_table(R.query, 100)[name]
    if type(value) == "table" then
      return value[1]
    end
    return value
  end,
  get_raw_body = function()
    if #R.request_body > R.buffer then
      return nil, "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'"
    end
    return R.request_body
  end,
  get_uri_captures = function() return R.captures end,
  get_forwarded_scheme = function() return R.forwarded_scheme end,
  get_forwarded_host = function() return R.forwarded_host end,
}

kong.client = {
  get_ip = function() return R.peer end,
  get_forwarded_ip = function() return R.client end,
  get_consumer = function() return R.consumer end,
  get_credential = function() return R.credential end,
  authenticate = function(consumer, credential) R.consumer, R.credential = consumer, credential end,
  tls = { get_full_client_certificate_chain = function() return R.certificate end },
}

kong.router = {
  get_route = function() return R.route end,
  get_service = function() return R.service end,
}

kong.service = {
  request = {
    set_header = function(name, value) replace_header(R.headers, name, value) end,
    add_header = function(name, value)
      add_values(R.headers, name, value)
      R.changed = true
    end,
    clear_header = clear_request_header,
    set_raw_query = function(query) R.upstream_query = query end,
    set_path = function(path) R.upstream_path = path end,
    set_method = function(method) R.upstream_method = method end,
  },
  response = {},
}

kong.response = {
  exit = exit,
  error = function(status, message, headers)
    phase_is("rewrite", "access", "header_filter")
    local body, kind = python.error_body(status, message)
    set_answer_header("Content-Type", kind)
    return answer(status, body, headers, "exit")
  end,
  set_header = function(name, value)
    phase_is("rewrite", "access", "header_filter")
    set_answer_header(name, value)
  end,
  add_header = function(name, value)
    phase_is("rewrite", "access", "header_filter")
    add_values(R.out, name, value)
  end,
  clear_header = function(name)
    phase_is("rewrite", "access", "header_filter")
    remove_header(R.out, name)
  end,
  set_status = function(status)
    phase_is("rewrite", "access", "header_filter")
    R.status = status
  end,
  get_status = function()
    phase_is("header_filter", "body_filter", "log")
    return R.status
  end,
  get_source = function()
    phase_is("header_filter", "body_filter", "log")
    return R.source
  end,
  get_header = function(name)
    phase_is("header_filter", "body_filter", "log")
    for number = 1, #R.out do
      if lower(R.out[number][1]) == lower(name) then
        return R.out[number][2]
      end
    end
    return nil
  end,
  get_headers = function(most)
    phase_is("header_filter", "body_filter", "log")
    return headers_table(R.out, most or 100)
  end,
  get_raw_body = function()
    phase_is("body_filter")
    return R.body
  end,
  set_raw_body = function(body)
    phase_is("body_filter")
    R.body = body
  end,
}

kong.log = setmetatable({
  set_serialize_value = function(key, value) R.log[key] = value end,
  serialize = function() return R.log end,
}, { __index = function() return function() end end, __call = function() end })

kong.ctx = {
  shared = setmetatable({}, {
    __index = function(_, key) return R.shared[key] end,
    __newindex = function(_, key, value) R.shared[key] = value end,
  }),
  plugin = setmetatable({}, {
    __index = function(_, key) return R.own[R.plugin] and R.own[R.plugin][key] end,
    __newindex = function(_, key, value)
      R.own[R.plugin] = R.own[R.plugin] or {}
      R.own[R.plugin][key] = value
    end,
  }),
}

-- -------------------------------------------------------------------------------------------------------------- ngx
local VARIABLES = {
  request = function() return R.line end,
  request_uri = function() return R.uri end,
  request_id = function() return R.ident end,
  request_method = function() return R.method end,
  scheme = function() return R.scheme end,
  remote_addr = function() return R.client end,
  realip_remote_addr = function() return R.peer end,
  host = function() return R.host end,
  uri = function() return unescape(R.path) end,
  args = function() return R.query end,
}

local SETTABLE = {
  upstream_x_forwarded_for = true, upstream_x_forwarded_proto = true, upstream_x_forwarded_host = true,
  upstream_x_forwarded_port = true, upstream_x_forwarded_path = true, upstream_x_forwarded_prefix = true,
}

local function nothing() end

-- What a worker will do some time; nobody does it here unless asked.
M.timers = {}

local function later(seconds, work)
  table.insert(M.timers, { seconds, work })
  return true
end

local ngx = {
  null = python.null, ERR = 4, WARN = 5, NOTICE = 6, INFO = 7, DEBUG = 8, HTTP_OK = 200, config = {}, location = {}, worker = {},
  thread = {}, timer = { at = later, every = later }, socket = {}, header = {}, ctx = {}, say = nothing, print = nothing, log = nothing,
  var = setmetatable({}, {
    __index = function(_, name)
      if VARIABLES[name] then
        return VARIABLES[name]()
      end
      if sub(name, 1, 5) == "http_" then
        return http_variable(sub(name, 6))
      end
      return R.variables[name]
    end,
    __newindex = function(_, name, value)
      if not SETTABLE[name] then
        error('variable "' .. name .. '" not changeable', 2)
      end
      R.variables[name] = value
    end,
  }),
  req = {
    get_headers = function(most, raw) return headers_table(R.headers, most or 100, raw) end,
    get_uri_args = function(most) return args_table(R.query, most or 100) end,
    get_method = function() return R.method end,
    set_header = function(name, value) kong.service.request.set_header(name, value) end,
    clear_header = clear_request_header,
    read_body = nothing,
    get_body_data = function() return #R.request_body <= R.buffer and R.request_body or nil end,
    http_version = function() return R.http_version end,
    start_time = function() return R.now end,
  },
  re = {
    find = function(subject, pattern, options)
      return python.re_find(subject, pattern, options or "")
    end,
    match = function(subject, pattern, options)
      return python.re_match(subject, pattern, options or "")
    end,
    gmatch = nothing, sub = nothing, gsub = nothing,
  },
  arg = setmetatable({}, {
    __index = function(_, number)
      if number == 1 then
        return R.body
      end
      return number == 2
    end,
    __newindex = function(_, number, value)
      if number == 1 then
        R.body = value or ""
      end
    end,
  }),
  shared = M.shared,
  time = function() return R.now end,
  now = function() return R.now end,
  update_time = nothing,
  sleep = nothing,
  decode_base64 = function(text) return python.decode_base64(text) end,
  encode_base64 = function(text) return python.encode_base64(text) end,
  md5 = function(text) return python.digest("md5", text) end,
  sha1_bin = function(text) return python.digest("sha1", text) end,
  hmac_sha1 = function(key, text) return python.hmac_sha1(key, text) end,
  crc32_short = nothing, escape_uri = nothing, unescape_uri = unescape, encode_args = nothing, decode_args = args_table,
  cookie_time = nothing, http_time = nothing, parse_http_time = nothing, today = nothing, utctime = nothing, localtime = nothing,
  exit = nothing, get_phase = function() return R.phase end,
}

-- ---------------------------------------------------------------------------------------------------------- sandbox
local NAMES = {
  "_VERSION", "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type", "unpack", "xpcall",
}
local MEMBERS = {
  coroutine = { "create", "resume", "running", "status", "wrap", "yield" },
  math = {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "fmod", "floor", "frexp", "huge", "ldexp", "log",
    "log10", "max", "min", "modf", "pi", "pow", "rad", "random", "sin", "sinh", "sqrt", "tan", "tanh",
  },
  os = { "clock", "date", "difftime", "time" },
  string = {
    "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper",
  },
  table = { "concat", "insert", "maxn", "remove", "sort" },
}

local BASE = {}
for _, name in ipairs(NAMES) do
  BASE[name] = _G[name]
end
for module, members in pairs(MEMBERS) do
  local own = {}
  for _, name in ipairs(members) do
    own[name] = _G[module][name]
  end
  BASE[module] = setmetatable({}, {
    __index = own,
    __newindex = function(_, name)
      error("Can not modify " .. module .. "." .. tostring(name) .. ". Protected by the sandbox.")
    end,
  })
end

local function sandboxed(allowed)
  local environment = {}
  for name, value in pairs(BASE) do
    environment[name] = value
  end
  environment._G = environment
  environment.ngx, environment.kong = ngx, kong
  environment.require = function(name)
    if allowed[name] then
      return python.require(name)
    end
    error("kong/tools/sandbox.lua:79: require '" .. tostring(name) .. "' not allowed within sandbox", 0)
  end
  return environment
end

local function unrestricted()
  local function require(name)
    return python.require(name)
  end
  return setmetatable({ ngx = ngx, kong = kong, require = require }, { __index = _G })
end

-- A chunk of a function plugin: called once per request; it may return the function to call from then on.
local function prepared(source, mode, allowed)
  local environment = mode == "on" and unrestricted() or sandboxed(allowed)
  local body, problem = load(source, "=chunk", "t", environment)
  if not body then
    error(problem, 0)
  end
  local ready
  return function()
    if ready then
      return ready()
    end
    local found = body()
    if type(found) == "function" then
      ready = found
      return ready()
    end
    ready = body
    return found
  end
end

M.prepare = prepared

-- A plugin of the operator's own: its modules by name, unrestricted Lua with the libraries Kong brings. `provided` makes those.
function M.custom(sources, name, provided)
  local loaded = {}
  local environment = setmetatable({ ngx = ngx, kong = kong }, { __index = _G })
  environment._G = environment
  environment.require = function(module)
    if loaded[module] == nil then
      local source = sources[module]
      if source then
        local body, problem = load(source, "=" .. module, "t", environment)
        if not body then
          error(problem, 0)
        end
        loaded[module] = body(module) or true
      elseif provided[module] then
        loaded[module] = provided[module]
      else
        error("module '" .. tostring(module) .. "' not found", 0)
      end
    end
    return loaded[module]
  end
  local prefix = "kong.plugins." .. name
  return environment.require(prefix .. ".handler"), environment.require(prefix .. ".schema"), loaded
end

-- One phase of a handler as a thing to `call`; nil when it has none.
function M.phase(handler, phase, config)
  local work = handler[phase]
  return work and function()
    return work(handler, config)
  end
end

-- The clock of the request being handled.
function M.now()
  return R and R.now or 0
end

-- "done", "exit" or "error" with its message.
function M.call(work, phase, plugin)
  R.phase, R.plugin = phase, plugin
  local routine = coroutine.create(work)
  local fine, found = coroutine.resume(routine)
  if not fine then
    return "error", tostring(found)
  end
  if coroutine.status(routine) == "suspended" and found == EXIT then
    return "exit"
  end
  return "done"
end

function M.begin(request)
  R = request
  R.out, R.log, R.shared, R.own, R.variables = {}, {}, {}, {}, R.variables or {}
  return R
end

function M.set_answer(status, source, body)
  R.status, R.source, R.body = status, source, body
end

function M.pair(name, value)
  return { name, value }
end

M.ngx, M.kong, M.sandbox_names = ngx, kong, BASE
return M
