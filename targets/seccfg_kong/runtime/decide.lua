-- Runs the program: finds the branch of a request, then its steps in order. Two halves, because Kong's jwt plugin checks
-- signatures between them: `before` ends ahead of the step that authenticates, `after` begins with it.
local head = use("head")
local limits = use("limits")

local M = {}

-- Smallest template first: literal, parameter, rest; with backtracking.
local function find_template(data, node, segments, at)
  node = data.nodes[node]
  local segment = segments[at]
  if segment == nil then
    return data.templates[node.here]
  end
  local way = node.literals[segment]
  local found = way and find_template(data, way, segments, at + 1)
  if not found and node.parameter and segment ~= "" then
    found = find_template(data, node.parameter, segments, at + 1)
  end
  if not found and node.rest then
    for number = at, #segments do
      if segments[number] == "" then
        return nil
      end
    end
    found = data.templates[node.rest]
  end
  return found
end

local function branch_of(q, data)
  local segments = data.routable(q) and head.segments(q)
  local template = segments and find_template(data, 1, segments, 1)
  if not template then
    return data.branches[data.edge]
  end
  local origin, asked = head.line(q, "origin"), head.line(q, "access-control-request-method")
  if q.method == "OPTIONS" and asked and origin and not string.find(origin, ",", 1, true) then
    local preflight = template.preflights[asked]
    if preflight then
      return data.branches[preflight]
    end
  end
  return data.branches[template.methods[q.method] or template.undeclared]
end

local function ended(q, step, how)
  local headers = {}
  if how.headers then
    how.headers(q, headers)
  end
  if how.status ~= 204 and step.headers then
    step.headers(q, headers)
  end
  if how.charges then
    limits.charge_failure(q, how.charges)
  end
  return { status = how.status, reason = how.reason, event = how.event, step = step.name, headers = headers }
end

local function run(q, first, last)
  local steps = q.branch.steps
  for number = first, last do
    local step = steps[number]
    local how = step.run and step.run(q)
    if how then
      return ended(q, step, how)
    end
  end
  return nil
end

-- The request, and how it ended when it already has. `settings` is what a plugin was configured with.
function M.before(host, data, settings)
  local q = head.read(host, data.trusted)
  q.data, q.places, q.tokens, q.parts, q.settings = data, {}, {}, {}, settings
  q.branch = branch_of(q, data)
  return q, run(q, 1, q.branch.split - 1)
end

-- Some role of a list stands in a set.
function M.has(list, set)
  for number = 1, #list do
    if set[list[number]] then
      return true
    end
  end
  return false
end

-- How a request that passed the first half ends: `route` is the one Kong chose; `may`, where there is one, its own word on who
-- may call it.
function M.after(q, route, may)
  if route ~= q.branch.route then
    return ended(q, q.branch.steps[1], q.data.no_route)
  end
  q.may, q.has = may, M.has
  local how = run(q, q.branch.split, #q.branch.steps)
  if how then
    return how
  end
  local last = q.branch.steps[#q.branch.steps]
  local headers = {}
  if last.headers then
    last.headers(q, headers)
  end
  return { status = 200, reason = "pass", event = "access.allowed", step = last.name, headers = headers }
end

-- Names of the conditions the service has to decide, with commas between them.
function M.left_open(q)
  local names = {}
  for number = 1, #q.branch.always_open do
    names[#names + 1] = q.branch.always_open[number]
  end
  for number = 1, #q.branch.may_be_open do
    local option = q.branch.may_be_open[number]
    if option.when(q) then
      for at = 1, #option.names do
        names[#names + 1] = option.names[at]
      end
      break
    end
  end
  table.sort(names)
  local once = {}
  for number = 1, #names do
    if names[number] ~= names[number - 1] then
      once[#once + 1] = names[number]
    end
  end
  return table.concat(once, ",")
end

return M
