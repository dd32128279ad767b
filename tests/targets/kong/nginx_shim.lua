-- The emitted functions in a real nginx, with the sandbox's names and the PDK calls they make.
local pdk = require("pdk_shim")
local M = {}

local folder = os.getenv("SECCFG_NGINX")
local routes = dofile(folder .. "/routes.lua")
local kong, context, seams = pdk.kong, pdk.context, pdk.seams

local names = {}
for _, name in ipairs({
  "_VERSION", "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type", "unpack", "xpcall",
  "coroutine", "math", "os", "string", "table",
}) do
  names[name] = _G[name]
end
names._G, names.kong = names, kong
names.ngx = setmetatable({ time = function() return seams().now end }, { __index = ngx, __newindex = ngx })

local function chunk(name)
  local file = assert(io.open(folder .. "/" .. name, "rb"))
  local source = file:read("*a")
  file:close()
  return assert(loadstring(source, "=" .. name))
end

local function prepared(name)
  local body = chunk(name)
  setfenv(body, names)
  return body()
end

local before, headers, body = prepared("access.lua"), prepared("headers.lua"), prepared("body.lua")
local after = {}
for number, route in ipairs(routes) do
  after[number] = prepared(route.file)
end

function M.access()
  seams()
  before()
  local method, path = ngx.req.get_method(), ngx.var.uri
  for number, route in ipairs(routes) do
    if (not route.methods or route.methods[method]) and ngx.re.find(path, route.pattern, "jo") then
      after[number]()
      break
    end
  end
  context().source = "service"
end

function M.headers()
  headers()
end

function M.body()
  body()
end

return M
