-- The way back: what every answer carries, whoever gave it, and one shape for errors nobody here decided.
--
-- `state` is what the access phase left: `answers` (how answers look on this branch), `ident`, and `headers` once the request
-- was let through, or `refused` once it was not. Without it nginx or Kong answered before any plugin ran.
local answers = use("answers")

local M = {}

local FROM_UPSTREAM = { [502] = "unavailable", [503] = "unavailable", [504] = "unavailable" }

-- The reason of an answer that nobody here gave; nil: leave it as it is.
local function foreign_reason(state, source, status, hidden)
  if source == "service" then
    return status >= 500 and hidden and (FROM_UPSTREAM[status] or "internal") or nil, status
  end
  if status >= 500 then
    return FROM_UPSTREAM[status] or "internal"
  end
  if state == nil then
    return status == 413 and "body_too_large" or "malformed"
  end
  return nil
end

-- One of Kong's own plugins refused what the functions let through so far; nil: none did.
local function stopped_by_stock(data, state, source, status)
  if data.stock == nil or state == nil or state.q == nil or state.refused or source == "service" then
    return nil
  end
  return data.stock[status]
end

-- What an answer of the request's route carries once it is routed.
local function of_route(q)
  local steps, headers = q.branch.steps, {}
  local last = steps[#steps]
  if last.headers then
    last.headers(q, headers)
  end
  return headers
end

function M.headers(host, data, state)
  local look = state and state.answers or data.answers
  local ident = state and state.ident or host.new_ident()
  local source, status = host.source(), host.status()
  local passed = state and state.headers
  if source == "service" then
    for number = 1, #data.cors_headers do
      host.clear_response_header(data.cors_headers[number])
    end
  end
  local decided = state and state.refused
  local reason, same = foreign_reason(state, source, status, look.hidden)
  local stopped = stopped_by_stock(data, state, source, status)
  if stopped and stopped.reason == "preflight" then
    host.set_status(204)
  elseif stopped then
    reason, passed = stopped.reason, stopped.routed and of_route(state.q)
    if state.q.branch.logged[stopped.event] then
      host.log({ id = ident, event = stopped.event, reason = reason, status = look.codes[reason], route = state.q.branch.id })
    end
  end
  if reason and not decided then
    local code = same or look.codes[reason]
    if source ~= "service" and code ~= status then
      host.set_status(code)
    end
    host.clear_response_header("content-length")
    host.clear_response_header("content-encoding")
    host.set_response_header("content-type", look.content_type)
    if not look.own_cache_control then
      host.set_response_header("cache-control", "no-store")
    end
    host.replace_body(answers.body(code, reason, ident))
  end
  for number = 1, #look.remove do
    host.clear_response_header(look.remove[number])
  end
  for number = 1, #look.set do
    host.set_response_header(look.set[number][1], look.set[number][2])
  end
  if passed then
    host.clear_response_header("strict-transport-security")
    for name, value in pairs(passed) do
      if name == "vary" then
        host.add_response_header(name, value)
      else
        host.set_response_header(name, value)
      end
    end
  elseif look.hsts and not decided then
    host.clear_response_header("strict-transport-security")
    if (state and state.tls) or (not state and data.tls(host)) then
      host.set_response_header("strict-transport-security", look.hsts)
    end
  end
  host.set_response_header(look.correlation, ident)
end

return M
