-- The access phase: what the two functions of a route do, and what they leave for the way back.
local answers = use("answers")
local decide = use("decide")
local forward = use("forward")
local head = use("head")
local identity = use("identity")

local M = {}

local function log(q, host, how, ident)
  if q.branch.logged[how.event] then
    host.log({
      id = ident, event = how.event, reason = how.reason, step = how.step, status = how.status, route = q.branch.id,
      method = q.who and q.who.method, principal = q.data.log_subject and q.who and q.who.subject or nil,
      key_used = q.used_key and how.reason == "pass" or nil,
    })
  end
end

local function refuse(q, host, how, state)
  local look = state.answers
  log(q, host, how, state.ident)
  state.refused = true
  local body = ""
  if how.status ~= 204 then
    how.headers["content-type"] = look.content_type
    if not look.own_cache_control then
      how.headers["cache-control"] = "no-store"
    end
    local detail = not look.hidden and "refused at step " .. how.step or nil
    body = answers.body(how.status, how.reason, state.ident, detail)
  end
  return host.exit(how.status, body, how.headers)
end

-- Reads the request and runs the steps ahead of authentication; the request, and whether it was answered.
local function begin(host, data, state, settings)
  state.answers, state.ident = data.answers, host.new_ident()
  local q, how = decide.before(host, data, settings)
  state.answers = q.branch.answers
  state.ident = answers.correlation(head.line(q, data.answers.correlation), state.ident)
  state.tls = head.tls(q)
  if how then
    refuse(q, host, how, state)
    return q, true
  end
  return q, false
end

local function finish(q, host, state, route, may)
  local how = decide.after(q, route, may)
  if how.reason ~= "pass" then
    return refuse(q, host, how, state)
  end
  log(q, host, how, state.ident)
  host.clear_consumer(state.handed_over)
  forward.forward(q, host, state.ident)
  state.headers = how.headers
  return nil
end

-- In the function sandbox: what the second half goes on with is left in `state`, when the request was not answered.
function M.before(host, data, state)
  local q, answered = begin(host, data, state)
  if answered then
    return nil
  end
  state.q = q
  state.handed_over = host.hand_over(identity.tokens_to_check(q), q.lines)
  state.use = use
  state.rest = function(route, may)
    state.rest = nil
    return finish(q, host, state, route, may)
  end
  return nil
end

-- In a plugin of its own: both halves at once. `settings` are those of its instance; its `route` is the one Kong chose.
function M.whole(host, data, state, settings)
  local q, answered = begin(host, data, state, settings)
  if answered then
    return nil
  end
  return finish(q, host, state, settings.route or "")
end

return M
