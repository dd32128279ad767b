-- Decides every request of its service before any other plugin that could answer it.
local host = use("host_plugin")
local data, answering = use("program"), use("answering")
local enter = use("enter")
local jwks = use("jwks")
local respond = use("respond")

local Handler = {
  PRIORITY = 3000,
  VERSION = "1.0.0",
}

function Handler:init_worker()
  jwks.start(data.methods)
end

-- `conf.route` is what the program calls the route this instance stands on; one without a route lets nothing pass.
function Handler:access(conf)
  local state = {}
  kong.ctx.shared.seccfg = state
  return enter.whole(host, data, state, conf)
end

function Handler:header_filter()
  return respond.headers(host, answering, kong.ctx.shared.seccfg)
end

function Handler:body_filter()
  local body = kong.ctx.shared.seccfg_body
  if body then
    ngx.arg[1] = ngx.arg[2] and body or nil
  end
end

return Handler
