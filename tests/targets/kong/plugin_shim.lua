-- An emitted plugin in a real nginx with a real Redis client. There is no OpenSSL here, and every connection counts as TLS.
local pdk = require("pdk_shim")
local M = {}

local folder, name = os.getenv("SECCFG_NGINX"), os.getenv("SECCFG_PLUGIN")
local routes = dofile(folder .. "/routes.lua")
local context, seams = pdk.context, pdk.seams
kong = pdk.kong
function kong.request.get_scheme()
  return "https"
end

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
