-- Just enough of Kong for an emitted plugin to run in a real nginx with a real Redis client: the PDK calls it makes. Clock and
-- peer of a request come from X-Test-* headers, which are gone before the handler runs. There is no OpenSSL here.
local M = {}

local folder, name = os.getenv("SECCFG_NGINX"), os.getenv("SECCFG_PLUGIN")
local routes = dofile(folder .. "/routes.lua")

local function context()
  local ctx = ngx.ctx.kong
  if not ctx then
    ctx = { shared = {}, source = "error" }
    ngx.ctx.kong = ctx
  end
  return ctx
end

local function seams()
  local ctx = context()
  if not ctx.seamed then
    ctx.seamed = true
    local headers = ngx.req.get_headers(0)
    ctx.now, ctx.peer = tonumber(headers["x-test-now"]) or ngx.time(), headers["x-test-peer"] or ngx.var.remote_addr
    ngx.req.clear_header("x-test-now")
    ngx.req.clear_header("x-test-peer")
  end
  return ctx
end

kong = {
  request = {
    get_method = ngx.req.get_method, get_http_version = ngx.req.http_version,
    get_scheme = function() return "https" end,
    get_raw_body = function()
      ngx.req.read_body()
      return ngx.req.get_body_data() or (ngx.req.get_body_file() == nil and "" or nil)
    end,
  },
  client = { get_ip = function() return seams().peer end, get_consumer = function() return nil end },
  service = { request = {
    set_header = ngx.req.set_header, clear_header = ngx.req.clear_header,
    set_raw_query = function(query) ngx.req.set_uri_args(query) end,
  } },
  response = {
    exit = function(status, body, headers)
      context().source = "exit"
      ngx.status = status
      for header, value in pairs(headers or {}) do
        ngx.header[header] = value
      end
      ngx.header["Content-Length"] = #(body or "")
      ngx.print(body or "")
      return ngx.exit(status)
    end,
    get_source = function() return context().source end,
    get_status = function() return ngx.status end,
    set_status = function(status) ngx.status = status end,
    set_header = function(header, value) ngx.header[header] = value end,
    clear_header = function(header) ngx.header[header] = nil end,
    add_header = function(header, value) ngx.header[header] = value end,
  },
  log = { set_serialize_value = function() end },
  ctx = { shared = setmetatable({}, {
    __index = function(_, key) return context().shared[key] end,
    __newindex = function(_, key, value) context().shared[key] = value end,
  }) },
}

-- Debian's copy of the client is older than Kong's, and has one time for everything.
local client = require("nginx.redis")
client.set_timeouts = client.set_timeout
package.loaded["resty.redis"] = client
package.loaded["resty.http"] = { new = function() return nil end }
package.loaded["resty.openssl.pkey"] = { PADDINGS = {}, new = function() return nil end }
local time = ngx.time
ngx.time = function() return ngx.ctx.kong and ngx.ctx.kong.now or time() end

local handler = require("kong.plugins." .. name .. ".handler")

function M.access()
  seams()
  local method, path = ngx.req.get_method(), ngx.var.uri
  for _, route in ipairs(routes) do
    if (not route.methods or route.methods[method]) and ngx.re.find(path, route.pattern, "jo") then
      handler:access(route.config)
      break
    end
  end
  context().source = "service"
end

function M.headers()
  handler:header_filter()
end

function M.body()
  handler:body_filter()
end

return M
