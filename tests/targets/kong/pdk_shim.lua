-- Just enough of Kong's PDK for what is emitted to run in a real nginx. Clock, peer and scheme of a request come from X-Test-*
-- headers, which are gone before anything emitted runs.
local M = {}

function M.context()
  local ctx = ngx.ctx.kong
  if not ctx then
    ctx = { shared = {}, source = "error" }
    ngx.ctx.kong = ctx
  end
  return ctx
end

function M.seams()
  local ctx = M.context()
  if not ctx.seamed then
    ctx.seamed = true
    local headers = ngx.req.get_headers(0)
    ctx.now = tonumber(headers["x-test-now"]) or ngx.time()
    ctx.peer, ctx.scheme = headers["x-test-peer"] or ngx.var.remote_addr, headers["x-test-scheme"] or ngx.var.scheme
    for _, name in ipairs({ "x-test-now", "x-test-peer", "x-test-scheme" }) do
      ngx.req.clear_header(name)
    end
  end
  return ctx
end

M.kong = {
  request = {
    get_method = ngx.req.get_method,
    get_scheme = function() return M.seams().scheme end,
    get_http_version = ngx.req.http_version,
    get_raw_body = function()
      ngx.req.read_body()
      return ngx.req.get_body_data() or (ngx.req.get_body_file() == nil and "" or nil)
    end,
  },
  client = {
    get_ip = function() return M.seams().peer end,
    get_credential = function() return nil end,
    get_consumer = function() return nil end,
  },
  service = { request = {
    set_header = ngx.req.set_header, clear_header = ngx.req.clear_header,
    set_raw_query = function(query) ngx.req.set_uri_args(query) end,
  } },
  response = {
    exit = function(status, body, headers)
      M.context().source = "exit"
      ngx.status = status
      for name, value in pairs(headers or {}) do
        ngx.header[name] = value
      end
      ngx.header["Content-Length"] = #(body or "")
      ngx.print(ngx.req.get_method() ~= "HEAD" and body or "")
      return ngx.exit(status)
    end,
    get_source = function() return M.context().source end,
    get_status = function() return ngx.status end,
    set_status = function(status) ngx.status = status end,
    set_header = function(name, value) ngx.header[name] = value end,
    clear_header = function(name) ngx.header[name] = nil end,
    add_header = function(name, value)
      local old = ngx.header[name]
      if old == nil then
        ngx.header[name] = value
      else
        local all = type(old) == "table" and old or { old }
        all[#all + 1] = value
        ngx.header[name] = all
      end
    end,
  },
  log = { set_serialize_value = function() end },
}
M.kong.ctx = { shared = setmetatable({}, {
  __index = function(_, key) return M.context().shared[key] end,
  __newindex = function(_, key, value) M.context().shared[key] = value end,
}) }

return M
